// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/sid.h"

#include "platform/windows/local_memory.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <array>
#include <cstddef>
#include <sddl.h>

namespace riposte {

Sid::Sid(PSID sid) : bytes_(::GetLengthSid(sid)) {
    ::CopySid(static_cast<DWORD>(bytes_.size()), bytes_.data(), sid);
}

Sid Sid::well_known(WELL_KNOWN_SID_TYPE type) {
    std::array<unsigned char, SECURITY_MAX_SID_SIZE> bytes{};
    auto size = static_cast<DWORD>(bytes.size());
    ::CreateWellKnownSid(type, nullptr, bytes.data(), &size);
    return Sid(bytes.data());
}

std::string Sid::text() const {
    wchar_t* text = nullptr;
    if (::ConvertSidToStringSidW(get(), &text) == 0) return {};
    const LocalPointer<wchar_t> owner(text);
    return narrow(std::wstring_view(text));
}

std::string Sid::account_name() const {
    std::array<wchar_t, 256> name{};
    std::array<wchar_t, 256> domain{};
    auto name_size = static_cast<DWORD>(name.size());
    auto domain_size = static_cast<DWORD>(domain.size());
    SID_NAME_USE use{};
    if (::LookupAccountSidW(nullptr, get(), name.data(), &name_size, domain.data(), &domain_size, &use) == 0) return {};
    return narrow(std::wstring_view(name.data(), name_size));
}

Result<Sid> own_user() {
    HANDLE opened = nullptr;
    if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &opened) == 0) {
        return os_error(::GetLastError(), "open this process's token");
    }
    const UniqueHandle token(opened);
    alignas(TOKEN_USER) std::array<std::byte, sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE> buffer{};
    DWORD size = 0;
    if (::GetTokenInformation(token.get(), TokenUser, buffer.data(), static_cast<DWORD>(buffer.size()), &size) == 0) {
        return os_error(::GetLastError(), "read this process's user");
    }
    return Sid(reinterpret_cast<const TOKEN_USER*>(buffer.data())->User.Sid);
}

bool is_administrator() {
    static const Sid administrators = Sid::well_known(WinBuiltinAdministratorsSid);
    BOOL member = FALSE;
    return ::CheckTokenMembership(nullptr, administrators.get(), &member) != 0 && member != FALSE;
}

}  // namespace riposte
