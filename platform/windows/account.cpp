// SPDX-License-Identifier: Apache-2.0
#include "platform/include/account.h"

#include "platform/windows/sid.h"
#include "platform/windows/user_store.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <lm.h>
#include <utility>

namespace riposte {
namespace {

// Accounts that every Windows has: Administrator 500, Guest 501, krbtgt 502, DefaultAccount 503, WDAGUtilityAccount
// 504.
constexpr unsigned long kLeastOwnRid = 1000;

constexpr const char* kSid = "sid";
constexpr const char* kChanged = "changed";

unsigned long relative_id(const std::string& sid) {
    const std::size_t dash = sid.rfind('-');
    unsigned long rid = 0;
    if (dash != std::string::npos) std::from_chars(sid.data() + dash + 1, sid.data() + sid.size(), rid);
    return rid;
}

bool is_off(const StoredUser& user) {
    return (user.flags & UF_ACCOUNTDISABLE) != 0;
}

bool is_usable(const StoredUser& user) {
    const bool has_expired = user.expires != TIMEQ_FOREVER && user.expires <= static_cast<DWORD>(std::time(nullptr));
    return !is_off(user) && !has_expired;
}

class StoredAccounts final : public Accounts {
  public:
    explicit StoredAccounts(std::unique_ptr<UserStore> store) : store_(std::move(store)) {}

    Result<std::string> check() override {
        if (!is_administrator())
            return failure(std::errc::not_supported, "only an administrator may change accounts: run it as one");
        if (!store_->can_change()) return no_call();
        return std::string("accounts of this machine");
    }

    Result<std::string> find(const std::string& user) override {
        auto found = store_->read(user);
        if (!found) return found.error();
        return std::move(found->name);
    }

    Result<std::optional<std::string>> reason_to_keep(const std::string& user) override {
        using Reason = std::optional<std::string>;
        const auto found = store_->read(user);
        if (!found) return found.error();
        const unsigned long rid = relative_id(found->sid);
        if (rid == DOMAIN_USER_RID_ADMIN) return Reason("it is the built-in administrator");
        if (rid < kLeastOwnRid) return Reason("it is an account of the system");
        return is_last_administrator(*found);
    }

    Result<bool> is_disabled(const std::string& user) override {
        const auto found = store_->read(user);
        if (!found) return found.error();
        return is_off(*found);
    }

    Result<AccountRecord> former(const std::string& user) override {
        const auto found = store_->read(user);
        if (!found) return found.error();
        return AccountRecord{{kSid, found->sid}, {kChanged, is_off(*found) ? "no" : "yes"}};
    }

    Result<bool> is_of(const std::string& user, const AccountRecord& record) override {
        const auto found = store_->read(user);
        if (!found) return found.error();
        const auto sid = record.find(kSid);
        return sid != record.end() && sid->second == found->sid;
    }

    Result<void> disable(const std::string& user) override {
        return change(user, [](DWORD flags) { return flags | UF_ACCOUNTDISABLE; });
    }

    Result<void> restore(const std::string& user, const AccountRecord& record) override {
        const auto changed = record.find(kChanged);
        if (changed == record.end()) return failure("the record lacks what was changed");
        if (changed->second != "yes") return {};
        return change(user, [](DWORD flags) { return flags & ~static_cast<DWORD>(UF_ACCOUNTDISABLE); });
    }

  private:
    template <class Changed>
    Result<void> change(const std::string& user, Changed changed) {
        const auto found = store_->read(user);
        if (!found) return found.error();
        const DWORD flags = changed(found->flags);
        if (flags == found->flags) return {};
        if (!store_->can_change()) return no_call();
        if (auto set = store_->set_flags(found->name, flags); !set) return set;
        const auto after = store_->read(user);
        if (!after) return after.error();
        if (((after->flags ^ flags) & UF_ACCOUNTDISABLE) == 0) return {};
        return failure("the system took the account's flags, but does not have them");
    }

    static Error no_call() {
        return failure(std::errc::not_supported, "this system has no call that changes accounts");
    }

    Result<std::optional<std::string>> is_last_administrator(const StoredUser& user) {
        using Reason = std::optional<std::string>;
        const auto members = store_->administrators();
        if (!members) return members.error();
        if (std::ranges::find(*members, user.sid) == members->end()) return Reason();
        for (const std::string& sid : *members) {
            if (sid == user.sid) continue;
            const auto other = store_->read_by_sid(sid);
            // Nobody knows from here whether another domain's can log in.
            if (!other && other.error().code == std::errc::no_such_file_or_directory) continue;
            if (!other) return other.error();
            if (is_usable(*other)) return Reason();
        }
        return Reason("it is the last administrator who can log in");
    }

    std::unique_ptr<UserStore> store_;
};

// There is one set of accounts.
class NoAccounts final : public Accounts {
  public:
    Result<std::string> check() override { return none(); }
    Result<std::string> find(const std::string&) override { return none(); }
    Result<std::optional<std::string>> reason_to_keep(const std::string&) override { return none(); }
    Result<bool> is_disabled(const std::string&) override { return none(); }
    Result<AccountRecord> former(const std::string&) override { return none(); }
    Result<bool> is_of(const std::string&, const AccountRecord&) override { return none(); }
    Result<void> disable(const std::string&) override { return none(); }
    Result<void> restore(const std::string&, const AccountRecord&) override { return none(); }

  private:
    static Error none() {
        return failure(std::errc::not_supported, "Windows has the accounts of no other root directory");
    }
};

}  // namespace

std::unique_ptr<Accounts> accounts_of(std::unique_ptr<UserStore> store) {
    return std::make_unique<StoredAccounts>(std::move(store));
}

std::unique_ptr<Accounts> open_accounts(const std::filesystem::path& root) {
    if (!root.empty()) return std::make_unique<NoAccounts>();
    return accounts_of(system_user_store());
}

}  // namespace riposte
