// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"

#include "platform/include/access_list.h"
#include "platform/include/utf8_path.h"
#include "platform/windows/executable_kind.h"
#include "platform/windows/file_name.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <aclapi.h>
#include <optional>
#include <sddl.h>

namespace riposte {
namespace {

namespace fs = std::filesystem;

// Allows what is allowed to itself; what is denied or audited is left out. An entry of a kind that is unknown here
// counts as one that allows everybody everything.
std::optional<AccessEntry> read_entry(const ACE_HEADER& header) {
    AccessEntry entry;
    entry.inherited = (header.AceFlags & INHERITED_ACE) != 0;
    entry.inherit_only = (header.AceFlags & INHERIT_ONLY_ACE) != 0;
    switch (header.AceType) {
        case ACCESS_ALLOWED_ACE_TYPE:
        case ACCESS_ALLOWED_CALLBACK_ACE_TYPE: {
            // The two begin alike.
            const auto& ace = reinterpret_cast<const ACCESS_ALLOWED_ACE&>(header);
            entry.sid = Sid(const_cast<DWORD*>(&ace.SidStart)).text();
            entry.rights = ace.Mask;
            return entry;
        }
        case ACCESS_DENIED_ACE_TYPE:
        case ACCESS_DENIED_OBJECT_ACE_TYPE:
        case ACCESS_DENIED_CALLBACK_ACE_TYPE:
        case ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE:
            return std::nullopt;
        default:
            entry.sid = "S-1-1-0";
            entry.rights = GENERIC_ALL;
            return entry;
    }
}

Result<AccessList> read_access_list(HANDLE file, const std::string& path) {
    PSID owner = nullptr;
    PACL list = nullptr;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const DWORD code = ::GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                         &owner, nullptr, &list, nullptr, &descriptor);
    if (code != ERROR_SUCCESS) return os_error(code, "read the owner and the access list of " + path);
    const LocalPointer<void> memory(descriptor);
    AccessList result;
    if (owner != nullptr) result.owner = Sid(owner).text();
    result.exists = list != nullptr;
    for (DWORD index = 0; list != nullptr && index < list->AceCount; ++index) {
        void* ace = nullptr;
        if (::GetAce(list, index, &ace) == 0) return os_error(::GetLastError(), "read the access list of " + path);
        if (auto entry = read_entry(*static_cast<const ACE_HEADER*>(ace))) result.entries.push_back(std::move(*entry));
    }
    return result;
}

// "Users (S-1-5-32-545)".
std::string account(const std::string& sid) {
    PSID parsed = nullptr;
    if (::ConvertStringSidToSidW(wide(sid).c_str(), &parsed) == 0) return sid.empty() ? "nobody" : sid;
    const LocalPointer<void> memory(parsed);
    const std::string name = Sid(parsed).account_name();
    return name.empty() ? sid : name + " (" + sid + ")";
}

std::string quoted(const std::string& path) {
    return "\"" + path + "\"";
}

Error fault_error(const AccessFault& fault, const std::string& path) {
    if (fault.kind == AccessFault::Kind::NoList) {
        return failure(path + " has no access list, so everybody may write it: put it on an NTFS volume, then icacls " +
                       quoted(path) + " /reset");
    }
    if (fault.kind == AccessFault::Kind::Owner) {
        return failure(path + " belongs to " + account(fault.sid) +
                       ", not to Administrators, SYSTEM or TrustedInstaller: icacls " + quoted(path) +
                       " /setowner *S-1-5-32-544");
    }
    const std::string keep = fault.inherited ? "icacls " + quoted(path) + " /inheritance:d && " : "";
    return failure(path + " is writable by " + account(fault.sid) + ": " + keep + "icacls " + quoted(path) +
                   " /remove:g *" + fault.sid);
}

Result<void> check_access(HANDLE file, const std::string& path) {
    static const auto user = own_user();
    if (!user) return user.error();
    const auto list = read_access_list(file, path);
    if (!list) return list.error();
    if (const auto fault = find_access_fault(*list, user->text())) return fault_error(*fault, path);
    return {};
}

// A name may come from a message: it is shown whole only if it is short and printable.
std::string shown(std::string_view name) {
    std::string text = "\"";
    for (const char character : name.substr(0, 80)) {
        const bool printable = static_cast<unsigned char>(character) >= 0x20 && character != 0x7f;
        text += printable ? character : '?';
    }
    return text + (name.size() > 80 ? "...\"" : "\"");
}

// Absolute, with backslashes and none at the end. Only on a drive of this machine's.
Result<std::wstring> local_path(const fs::path& path) {
    std::wstring text(32768, L'\0');
    const DWORD size = ::GetFullPathNameW(path.c_str(), static_cast<DWORD>(text.size()), text.data(), nullptr);
    if (size == 0 || size >= text.size()) return os_error(::GetLastError(), "find " + narrow(path));
    text.resize(size);
    while (text.size() > 3 && text.back() == L'\\') text.pop_back();
    if (text.size() < 3 || text[1] != L':' || text[2] != L'\\') {
        return failure(narrow(path) + " is a network or device path: use one on a drive of this computer");
    }
    if (::GetDriveTypeW(text.substr(0, 3).c_str()) == DRIVE_REMOTE) {
        return failure(narrow(path) + " is on a network drive: use a drive of this computer");
    }
    return text;
}

// A file or directory, held open for reading: nobody can write to it, replace or rename it meanwhile. The reparse point
// itself if it is one.
Result<UniqueHandle> open_entry(const std::wstring& path, DWORD share) {
    UniqueHandle entry(::CreateFileW(path.c_str(), GENERIC_READ, share, nullptr, OPEN_EXISTING,
                                     FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    const DWORD code = ::GetLastError();
    if (entry) return entry;
    return os_error(code, "open " + narrow(std::wstring_view(path)) +
                              (code == ERROR_SHARING_VIOLATION ? " (a program has it open for writing)" : ""));
}

Result<DWORD> attributes_of(HANDLE entry, const std::string& path) {
    BY_HANDLE_FILE_INFORMATION information{};
    if (::GetFileInformationByHandle(entry, &information) == 0) return os_error(::GetLastError(), "look at " + path);
    return information.dwFileAttributes;
}

Result<UniqueHandle> open_trusted_directory(const std::wstring& path) {
    const std::string text = narrow(std::wstring_view(path));
    // Shared for writing, so that users who have the right can still create and change files in the directory.
    auto directory = open_entry(path, FILE_SHARE_READ | FILE_SHARE_WRITE);
    if (!directory) return directory.error();
    const auto attributes = attributes_of(directory->get(), text);
    if (!attributes) return attributes.error();
    if ((*attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 || (*attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
        return failure(text + " is a link or no directory: put a real directory there");
    }
    if (const auto checked = check_access(directory->get(), text); !checked) return checked.error();
    return directory;
}

Result<UniqueHandle> open_trusted_file(const std::wstring& path) {
    const std::string text = narrow(std::wstring_view(path));
    auto file = open_entry(path, FILE_SHARE_READ);
    if (!file) return file.error();
    const auto attributes = attributes_of(file->get(), text);
    if (!attributes) return attributes.error();
    constexpr DWORD kNotRegular = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
    if (::GetFileType(file->get()) != FILE_TYPE_DISK || (*attributes & kNotRegular) != 0) {
        return failure(text + " is not a regular file: replace it with the file itself");
    }
    if (const auto checked = check_access(file->get(), text); !checked) return checked.error();
    return file;
}

// A short name (ROUTE-~1.EXE) opens a file of another name.
Result<void> check_name(const std::wstring& real, const std::wstring& name, const std::string& path) {
    const std::wstring found = real.substr(real.rfind(L'\\') + 1);
    if (same_path(found, name)) return {};
    return failure(path + " is another name of " + narrow(std::wstring_view(found)) + ": use the file's own name");
}

// SYSTEM, Administrators and the user that Riposte runs as, for the directory and all that will be below it.
Result<LocalPointer<void>> private_descriptor() {
    const auto user = own_user();
    if (!user) return user.error();
    const std::string text = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + user->text() + ")";
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(text).c_str(), SDDL_REVISION_1, &descriptor,
                                                               nullptr) == 0) {
        return os_error(::GetLastError(), "make an access list");
    }
    return LocalPointer<void>(descriptor);
}

}  // namespace

TrustedExecutable::~TrustedExecutable() {
    if (handle_ != -1) ::CloseHandle(reinterpret_cast<HANDLE>(handle_));
}

Result<TrustedExecutable> open_trusted_executable(const fs::path& bin, std::string_view name) {
    if (!is_bare_name(name)) {
        return failure("the executable " + shown(name) + " is not a bare file name: name a file in " + narrow(bin));
    }
    const auto directory_path = local_path(bin);
    if (!directory_path) return directory_path.error();
    // Held until the file is open: from then on, none of the directories above it can be renamed.
    const auto directory = open_trusted_directory(*directory_path);
    if (!directory) return directory.error();

    const std::wstring path = *directory_path + L"\\" + wide(name);
    auto file = open_trusted_file(path);
    if (!file) return file.error();
    const std::string text = narrow(std::wstring_view(path));
    const auto real = real_path(file->get(), text);
    if (!real) return real.error();
    if (const auto checked = check_name(*real, wide(name), text); !checked) return checked.error();

    TrustedExecutable executable;
    executable.path_ = narrow(std::wstring_view(*real));
    const ExecutableKind kind = executable_kind(name);
    executable.is_script_ = kind == ExecutableKind::Batch || kind == ExecutableKind::PowerShell;
    executable.handle_ = reinterpret_cast<std::intptr_t>(file->release());
    return executable;
}

Result<void> check_trusted_file(const fs::path& file) {
    const auto path = local_path(file);
    if (!path) return path.error();
    const auto opened = open_trusted_file(*path);
    if (!opened) return opened.error();
    const auto directory = open_trusted_directory(fs::path(*path).parent_path().native());
    if (!directory) return directory.error();
    return {};
}

Result<void> make_private_directory(const fs::path& directory) {
    const auto path = local_path(directory);
    if (!path) return path.error();
    const auto descriptor = private_descriptor();
    if (!descriptor) return descriptor.error();
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor->get(), FALSE};
    fs::path created;
    for (const fs::path& part : fs::path(*path)) {
        created /= part;
        if (created == created.root_path() || created == created.root_name()) continue;
        if (::CreateDirectoryW(created.c_str(), &attributes) != 0) continue;
        const DWORD code = ::GetLastError();
        // An existing parent may be reported as forbidden rather than as existing.
        if (code != ERROR_ALREADY_EXISTS && ::GetFileAttributesW(created.c_str()) == INVALID_FILE_ATTRIBUTES) {
            return os_error(code, "create the directory " + narrow(created));
        }
    }
    const auto opened = open_trusted_directory(*path);
    if (!opened) return opened.error();
    return {};
}

Result<void> make_private_file(const fs::path& file) {
    const auto descriptor = private_descriptor();
    if (!descriptor) return descriptor.error();
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor->get(), FALSE};
    constexpr DWORD kBoth = GENERIC_READ | GENERIC_WRITE;
    constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const UniqueHandle created(
        ::CreateFileW(file.c_str(), kBoth, kShareAll, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
    DWORD code = ::GetLastError();
    if (created) return {};
    if (code != ERROR_FILE_EXISTS && code != ERROR_ALREADY_EXISTS) return os_error(code, "create " + narrow(file));
    const DWORD kind = ::GetFileAttributesW(file.c_str());
    if (kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_DIRECTORY) != 0) return {};
    const UniqueHandle opened(::CreateFileW(file.c_str(), kBoth, kShareAll, nullptr, OPEN_EXISTING, 0, nullptr));
    code = ::GetLastError();
    if (opened) return {};
    return os_error(code, "open " + narrow(file));
}

}  // namespace riposte
