// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/file_properties.h"

#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/wide.h"

#include <aclapi.h>
#include <charconv>
#include <optional>
#include <sddl.h>

namespace riposte {
namespace {

constexpr const char* kSecurity = "security";
constexpr const char* kAttributes = "attributes";
constexpr const char* kCreated = "created";
constexpr const char* kAccessed = "accessed";
constexpr const char* kModified = "modified";

constexpr SECURITY_INFORMATION kAllSecurity =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
// Those that can be chosen; the others tell how the file is stored.
constexpr DWORD kChosen = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                          FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED | FILE_ATTRIBUTE_TEMPORARY;

// Owner, group and access list in Windows' own text for them (SDDL).
Result<std::string> read_security(HANDLE file, const std::string& path) {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const DWORD code =
        ::GetSecurityInfo(file, SE_FILE_OBJECT, kAllSecurity, nullptr, nullptr, nullptr, nullptr, &descriptor);
    if (code != ERROR_SUCCESS) return os_error(code, "read the owner and the access list of " + path);
    const LocalPointer<void> memory(descriptor);
    wchar_t* text = nullptr;
    if (::ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, kAllSecurity, &text,
                                                               nullptr) == 0)
        return os_error(::GetLastError(), "read the owner and the access list of " + path);
    const LocalPointer<wchar_t> text_memory(text);
    return narrow(std::wstring_view(text));
}

Result<void> write_security(HANDLE file, const std::string& text, SECURITY_INFORMATION what, const std::string& path) {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(text).c_str(), SDDL_REVISION_1, &descriptor,
                                                               nullptr) == 0)
        return os_error(::GetLastError(), "read a recorded access list");
    const LocalPointer<void> memory(descriptor);
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    ::GetSecurityDescriptorControl(descriptor, &control, &revision);
    what |= (control & SE_DACL_PROTECTED) != 0 ? PROTECTED_DACL_SECURITY_INFORMATION
                                               : UNPROTECTED_DACL_SECURITY_INFORMATION;
    // Not SetSecurityInfo(), which would work out what is inherited anew.
    if (::SetKernelObjectSecurity(file, what, descriptor) == 0)
        return os_error(::GetLastError(), "set the owner and the access list of " + path);
    return {};
}

Result<FILE_BASIC_INFO> read_basic(HANDLE file, const std::string& path) {
    FILE_BASIC_INFO basic{};
    if (::GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic) == 0)
        return os_error(::GetLastError(), "look at " + path);
    return basic;
}

Result<void> write_basic(HANDLE file, FILE_BASIC_INFO basic, const std::string& path) {
    // 0 would mean: as they are.
    if (basic.FileAttributes == 0) basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    if (::SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic) == 0)
        return os_error(::GetLastError(), "set the times and attributes of " + path);
    return {};
}

std::optional<long long> number(const FileProperties& properties, const char* name) {
    const auto found = properties.find(name);
    if (found == properties.end()) return std::nullopt;
    const std::string& text = found->second;
    long long value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Result<FileProperties> read_properties(HANDLE file, const std::string& path) {
    auto security = read_security(file, path);
    if (!security) return security.error();
    const auto basic = read_basic(file, path);
    if (!basic) return basic.error();
    return FileProperties{{kSecurity, std::move(*security)},
                          {kAttributes, std::to_string(basic->FileAttributes & kChosen)},
                          {kCreated, std::to_string(basic->CreationTime.QuadPart)},
                          {kAccessed, std::to_string(basic->LastAccessTime.QuadPart)},
                          {kModified, std::to_string(basic->LastWriteTime.QuadPart)}};
}

// The attributes last: a change of the access list may set "archive".
Result<void> write_properties(HANDLE file, const FileProperties& properties, const std::string& path) {
    const auto present = read_properties(file, path);
    if (!present) return present.error();
    const auto security = properties.find(kSecurity);
    if (security != properties.end() && security->second != present->at(kSecurity)) {
        if (auto set = write_security(file, security->second, kAllSecurity, path); !set) return set;
    }
    auto basic = read_basic(file, path);
    if (!basic) return basic.error();
    if (const auto value = number(properties, kAttributes))
        basic->FileAttributes = (basic->FileAttributes & ~kChosen) | (static_cast<DWORD>(*value) & kChosen);
    if (const auto value = number(properties, kCreated)) basic->CreationTime.QuadPart = *value;
    if (const auto value = number(properties, kAccessed)) basic->LastAccessTime.QuadPart = *value;
    if (const auto value = number(properties, kModified)) basic->LastWriteTime.QuadPart = *value;
    basic->ChangeTime.QuadPart = 0;
    return write_basic(file, *basic, path);
}

Result<void> write_access_time(HANDLE file, const FileProperties& properties, const std::string& path) {
    auto basic = read_basic(file, path);
    if (!basic) return basic.error();
    if (const auto value = number(properties, kAccessed)) basic->LastAccessTime.QuadPart = *value;
    basic->ChangeTime.QuadPart = 0;
    return write_basic(file, *basic, path);
}

Result<void> make_private(HANDLE file, const std::string& path) {
    const auto user = own_user();
    if (!user) return user.error();
    return write_security(file, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + user->text() + ")", DACL_SECURITY_INFORMATION,
                          path);
}

Result<void> make_removable(HANDLE file, const std::string& path) {
    auto basic = read_basic(file, path);
    if (!basic) return basic.error();
    if ((basic->FileAttributes & FILE_ATTRIBUTE_READONLY) == 0) return {};
    FILE_BASIC_INFO changed{};
    changed.FileAttributes = basic->FileAttributes & ~static_cast<DWORD>(FILE_ATTRIBUTE_READONLY);
    return write_basic(file, changed, path);
}

}  // namespace riposte
