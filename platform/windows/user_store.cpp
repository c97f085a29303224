// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/user_store.h"

#include "platform/windows/call_probe.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/wide.h"

#include <lm.h>
#include <sddl.h>

namespace riposte {
namespace {

struct NetFreer {
    void operator()(void* memory) const { ::NetApiBufferFree(memory); }
};
template <class T>
using NetPointer = std::unique_ptr<T, NetFreer>;

Error net_error(DWORD code, const std::string& what) {
    if (code == NERR_UserNotFound || code == ERROR_NO_SUCH_USER || code == ERROR_NONE_MAPPED)
        return failure(std::errc::no_such_file_or_directory, what);
    return os_error(code, what);
}

template <class Info>
Result<NetPointer<Info>> read_user(const std::wstring& name, DWORD level) {
    BYTE* buffer = nullptr;
    const DWORD code = ::NetUserGetInfo(nullptr, name.c_str(), level, &buffer);
    if (code != NERR_Success) return net_error(code, "find the account among this machine's own");
    return NetPointer<Info>(reinterpret_cast<Info*>(buffer));
}

DWORD set_flags_of_nobody() {
    USER_INFO_1008 info{UF_SCRIPT};
    // No account can have this name.
    return ::NetUserSetInfo(nullptr, L"\"/\"", 1008, reinterpret_cast<BYTE*>(&info), nullptr);
}

class SystemUserStore final : public UserStore {
  public:
    bool can_change() override { return is_real_call(set_flags_of_nobody); }

    Result<StoredUser> read(const std::string& name) override {
        const auto spelling = exactly_wide(name);
        if (!spelling) return failure(std::errc::no_such_file_or_directory, "find an account of that name");
        const auto identity = read_user<USER_INFO_23>(*spelling, 23);
        if (!identity) return identity.error();
        const auto details = read_user<USER_INFO_3>(*spelling, 3);
        if (!details) return details.error();
        return StoredUser{narrow(std::wstring_view((*identity)->usri23_name)), Sid((*identity)->usri23_user_sid).text(),
                          (*details)->usri3_flags, (*details)->usri3_acct_expires};
    }

    Result<void> set_flags(const std::string& name, DWORD flags) override {
        USER_INFO_1008 info{flags};
        const DWORD code = ::NetUserSetInfo(nullptr, wide(name).c_str(), 1008, reinterpret_cast<BYTE*>(&info), nullptr);
        return code == NERR_Success ? Result<void>() : net_error(code, "change the account's flags");
    }

    Result<std::vector<std::string>> administrators() override {
        const std::wstring group = wide(Sid::well_known(WinBuiltinAdministratorsSid).account_name());
        std::vector<std::string> members;
        DWORD_PTR position = 0;
        for (;;) {
            BYTE* buffer = nullptr;
            DWORD count = 0;
            DWORD total = 0;
            const DWORD code = ::NetLocalGroupGetMembers(nullptr, group.c_str(), 2, &buffer, MAX_PREFERRED_LENGTH,
                                                         &count, &total, &position);
            const NetPointer<LOCALGROUP_MEMBERS_INFO_2> memory(reinterpret_cast<LOCALGROUP_MEMBERS_INFO_2*>(buffer));
            if (code != NERR_Success && code != ERROR_MORE_DATA)
                return net_error(code, "list the members of the group Administrators");
            for (DWORD i = 0; i < count; ++i) {
                const auto& member = memory.get()[i];
                if (member.lgrmi2_sidusage == SidTypeUser) members.push_back(Sid(member.lgrmi2_sid).text());
            }
            if (code == NERR_Success) return members;
        }
    }

    Result<StoredUser> read_by_sid(const std::string& sid) override {
        PSID parsed = nullptr;
        if (::ConvertStringSidToSidW(wide(sid).c_str(), &parsed) == 0)
            return os_error(::GetLastError(), "read the identifier " + sid);
        const LocalPointer<void> memory(parsed);
        const std::string name = Sid(parsed).account_name();
        auto user = read(name);
        // A domain may have an account of the same name.
        if (user && user->sid != sid)
            return failure(std::errc::no_such_file_or_directory, "find the account among this machine's own");
        return user;
    }
};

}  // namespace

std::unique_ptr<UserStore> system_user_store() {
    return std::make_unique<SystemUserStore>();
}

}  // namespace riposte
