// SPDX-License-Identifier: Apache-2.0
// Through the COM interface of Windows' firewall.
// https://learn.microsoft.com/windows/win32/api/netfw/nn-netfw-inetfwpolicy2
#include "platform/windows/firewall_calls.h"

#include "platform/windows/com.h"

#include <array>
#include <functional>
#include <netfw.h>
#include <utility>

namespace riposte {
namespace {

constexpr const char* kRuleDescription =
    "Blocks an address for an active response. It is removed when the response is undone.";

constexpr long kAnyProtocol = 256;  // NET_FW_IP_PROTOCOL_ANY, which MinGW-w64 10 lacks

class Variant {
  public:
    Variant() { ::VariantInit(&value_); }
    ~Variant() { ::VariantClear(&value_); }
    Variant(const Variant&) = delete;
    Variant& operator=(const Variant&) = delete;
    VARIANT* put() { return &value_; }
    IDispatch* object() const { return value_.vt == VT_DISPATCH ? value_.pdispVal : nullptr; }

  private:
    VARIANT value_;
};

Error firewall_error(HRESULT code, const std::string& what) {
    const DWORD reason = HRESULT_FACILITY(code) == FACILITY_WIN32 ? HRESULT_CODE(code) : 0;
    if (reason == EPT_S_NOT_REGISTERED || reason == RPC_S_SERVER_UNAVAILABLE || reason == ERROR_SERVICE_NOT_ACTIVE)
        return failure(std::errc::not_supported, "Windows' firewall does not run: start its service, mpssvc");
    return com_error(code, what);
}

template <class Object>
using TextGetter = HRESULT (Object::*)(BSTR*);
template <class Object>
using TextSetter = HRESULT (Object::*)(BSTR);

std::string text_of(INetFwRule& rule, TextGetter<INetFwRule> getter) {
    ComText text;
    return SUCCEEDED((rule.*getter)(text.put())) ? text.utf8() : std::string();
}

bool is_any(const std::string& text) {
    return text.empty() || text == "*";
}

bool blocks_everything(INetFwRule& rule) {
    VARIANT_BOOL enabled = VARIANT_FALSE;
    NET_FW_ACTION action = NET_FW_ACTION_ALLOW;
    long profiles = 0;
    long protocol = 0;
    return SUCCEEDED(rule.get_Enabled(&enabled)) && enabled != VARIANT_FALSE && SUCCEEDED(rule.get_Action(&action)) &&
           action == NET_FW_ACTION_BLOCK && SUCCEEDED(rule.get_Profiles(&profiles)) &&
           profiles == NET_FW_PROFILE2_ALL && SUCCEEDED(rule.get_Protocol(&protocol)) && protocol == kAnyProtocol &&
           text_of(rule, &INetFwRule::get_ApplicationName).empty() &&
           text_of(rule, &INetFwRule::get_ServiceName).empty() &&
           is_any(text_of(rule, &INetFwRule::get_LocalAddresses));
}

FirewallRule read_rule(INetFwRule& rule, std::string name) {
    NET_FW_RULE_DIRECTION direction = NET_FW_RULE_DIR_OUT;
    const bool is_inbound = SUCCEEDED(rule.get_Direction(&direction)) && direction == NET_FW_RULE_DIR_IN;
    return {std::move(name), text_of(rule, &INetFwRule::get_Grouping), text_of(rule, &INetFwRule::get_RemoteAddresses),
            is_inbound, blocks_everything(rule)};
}

// Calls one after the other until one fails.
class Steps {
  public:
    Steps& then(HRESULT code) {
        if (SUCCEEDED(code_)) code_ = code;
        return *this;
    }
    HRESULT code() const { return code_; }

  private:
    HRESULT code_ = S_OK;
};

HRESULT put_text(INetFwRule& rule, TextSetter<INetFwRule> setter, std::string_view utf8) {
    const ComText text(utf8);
    return (rule.*setter)(text.get());
}

HRESULT fill(INetFwRule& target, const FirewallRule& rule) {
    return Steps()
        .then(put_text(target, &INetFwRule::put_Name, rule.name))
        .then(put_text(target, &INetFwRule::put_Description, kRuleDescription))
        .then(rule.group.empty() ? S_OK : put_text(target, &INetFwRule::put_Grouping, rule.group))
        .then(put_text(target, &INetFwRule::put_RemoteAddresses, rule.remote_addresses))
        .then(target.put_Protocol(kAnyProtocol))
        .then(target.put_Direction(rule.is_inbound ? NET_FW_RULE_DIR_IN : NET_FW_RULE_DIR_OUT))
        .then(target.put_Profiles(NET_FW_PROFILE2_ALL))
        .then(target.put_Action(NET_FW_ACTION_BLOCK))
        .then(target.put_Enabled(VARIANT_TRUE))
        .code();
}

// Of no other rule, but beginning as the rule's own, so that the rule is still known if it is not removed after all.
std::string unique_name(std::string name) {
    GUID id{};
    ::CoCreateGuid(&id);
    std::array<wchar_t, 40> text{};
    ::StringFromGUID2(id, text.data(), static_cast<int>(text.size()));
    name.push_back(' ');
    for (const wchar_t unit : text)
        if (unit != L'\0') name.push_back(static_cast<char>(unit));
    return name;
}

class SystemFirewallCalls final : public FirewallCalls {
  public:
    Result<std::vector<FirewallRule>> rules(std::string_view name_start) override {
        std::vector<FirewallRule> found;
        const auto read = for_each_rule(name_start, [&](INetFwRule& rule, std::string name) -> Result<void> {
            found.push_back(read_rule(rule, std::move(name)));
            return {};
        });
        if (!read) return read.error();
        return found;
    }

    Result<void> add(const FirewallRule& rule) override {
        const auto rules = open_rules();
        if (!rules) return rules.error();
        const auto made = create_com_object<INetFwRule, NetFwRule>("a rule of the firewall");
        if (!made) return made.error();
        if (const HRESULT code = fill(**made, rule); FAILED(code))
            return firewall_error(code, "describe a rule to the firewall");
        const HRESULT code = (*rules)->Add(made->get());
        return SUCCEEDED(code) ? Result<void>() : firewall_error(code, "add a rule to the firewall");
    }

    // The firewall removes by name only, and names need not be unique: each first gets one that is.
    Result<void> remove(const FirewallRule& wanted) override {
        std::vector<std::string> renamed;
        const auto marked = for_each_rule(wanted.name, [&](INetFwRule& rule, std::string name) -> Result<void> {
            if (read_rule(rule, std::move(name)) != wanted) return {};
            const std::string unique = unique_name(wanted.name);
            const HRESULT code = put_text(rule, &INetFwRule::put_Name, unique);
            if (FAILED(code)) return firewall_error(code, "rename a rule of the firewall");
            renamed.push_back(unique);
            return {};
        });
        if (!marked) return marked.error();
        const auto rules = open_rules();
        if (!rules) return rules.error();
        for (const std::string& name : renamed) {
            const ComText text(name);
            if (const HRESULT code = (*rules)->Remove(text.get()); FAILED(code))
                return firewall_error(code, "remove a rule of the firewall");
        }
        return {};
    }

    Result<std::string> obstacle() override {
        const auto policy = open_policy();
        if (!policy) return policy.error();
        NET_FW_MODIFY_STATE state = NET_FW_MODIFY_STATE_OK;
        if (SUCCEEDED((*policy)->get_LocalPolicyModifyState(&state)) && state == NET_FW_MODIFY_STATE_GP_OVERRIDE)
            return std::string("group policy overrides this computer's own firewall rules: allow them there");
        long active = 0;
        if (const HRESULT code = (*policy)->get_CurrentProfileTypes(&active); FAILED(code))
            return firewall_error(code, "ask the firewall for its active profiles");
        for (const auto& [profile, name] : kProfiles) {
            VARIANT_BOOL enabled = VARIANT_FALSE;
            if ((active & profile) == 0) continue;
            if (const HRESULT code = (*policy)->get_FirewallEnabled(profile, &enabled); FAILED(code))
                return firewall_error(code, "ask whether the firewall is on");
            if (enabled == VARIANT_FALSE)
                return "Windows' firewall is off in the " + std::string(name) + " profile, which is active: turn it on";
        }
        return std::string();
    }

  private:
    static constexpr std::array<std::pair<NET_FW_PROFILE_TYPE2, const char*>, 3> kProfiles{
        {{NET_FW_PROFILE2_DOMAIN, "domain"}, {NET_FW_PROFILE2_PRIVATE, "private"}, {NET_FW_PROFILE2_PUBLIC, "public"}}};

    static Result<ComPointer<INetFwPolicy2>> open_policy() {
        return create_com_object<INetFwPolicy2, NetFwPolicy2>("the policy of Windows' firewall");
    }

    static Result<ComPointer<INetFwRules>> open_rules() {
        const auto policy = open_policy();
        if (!policy) return policy.error();
        INetFwRules* rules = nullptr;
        const HRESULT code = (*policy)->get_Rules(&rules);
        if (FAILED(code)) return firewall_error(code, "open the rules of the firewall");
        if (rules == nullptr) return firewall_error(E_NOTIMPL, "open the rules of the firewall");
        return ComPointer<INetFwRules>(rules);
    }

    static Result<ComPointer<IEnumVARIANT>> open_list() {
        const auto rules = open_rules();
        if (!rules) return rules.error();
        IUnknown* unknown = nullptr;
        HRESULT code = (*rules)->get__NewEnum(&unknown);
        if (FAILED(code)) return firewall_error(code, "list the rules of the firewall");
        const ComPointer<IUnknown> owner(unknown);
        void* list = nullptr;
        code = unknown->QueryInterface(__uuidof(IEnumVARIANT), &list);
        if (FAILED(code)) return firewall_error(code, "list the rules of the firewall");
        return ComPointer<IEnumVARIANT>(static_cast<IEnumVARIANT*>(list));
    }

    // Those whose name begins so.
    static Result<void> for_each_rule(std::string_view name_start,
                                      const std::function<Result<void>(INetFwRule&, std::string)>& act) {
        const auto list = open_list();
        if (!list) return list.error();
        for (;;) {
            Variant item;
            ULONG count = 0;
            const HRESULT code = (*list)->Next(1, item.put(), &count);
            if (FAILED(code)) return firewall_error(code, "list the rules of the firewall");
            if (code != S_OK || count == 0) return {};
            void* object = nullptr;
            if (item.object() == nullptr || FAILED(item.object()->QueryInterface(__uuidof(INetFwRule), &object)))
                return failure("list the rules of the firewall: one of them is no rule");
            const ComPointer<INetFwRule> rule(static_cast<INetFwRule*>(object));
            std::string name = text_of(*rule, &INetFwRule::get_Name);
            if (!name.starts_with(name_start)) continue;
            if (auto done = act(*rule, std::move(name)); !done) return done;
        }
    }

    ComLibrary library_;
};

}  // namespace

std::unique_ptr<FirewallCalls> system_firewall_calls() {
    return std::make_unique<SystemFirewallCalls>();
}

}  // namespace riposte
