// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/critical_files.h"

#include "platform/windows/file_name.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <aclapi.h>
#include <map>
#include <psapi.h>
#include <tlhelp32.h>

namespace riposte {
namespace {

namespace fs = std::filesystem;

// The account of the service TrustedInstaller. It owns the files of Windows itself, and is taken never to own a file
// that malware brought.
constexpr const char* kTrustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

// Registry, boot files and drivers, whoever owns them.
std::vector<fs::path> system_directories() {
    std::wstring windows(MAX_PATH, L'\0');
    windows.resize(::GetSystemWindowsDirectoryW(windows.data(), MAX_PATH));
    const fs::path root(windows);
    return {root / L"System32" / L"config", root / L"Boot", root.root_path() / L"Boot", root.root_path() / L"EFI"};
}

// Where the directory really is; as it is written if it is not there.
std::wstring real_directory(const fs::path& directory) {
    const UniqueHandle opened(::CreateFileW(directory.c_str(), 0,
                                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                            OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    if (opened) {
        if (auto real = real_path(opened.get(), narrow(directory))) return *real;
    }
    std::error_code ignored;
    return fs::absolute(directory, ignored).native();
}

bool is_below(const std::wstring& path, std::wstring directory) {
    while (directory.ends_with(L'\\')) directory.pop_back();
    return path.size() > directory.size() && path[directory.size()] == L'\\' &&
           same_path(std::wstring_view(path).substr(0, directory.size()), directory);
}

bool belongs_to_windows(HANDLE file) {
    PSID owner = nullptr;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (::GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr,
                          &descriptor) != ERROR_SUCCESS)
        return false;
    const LocalPointer<void> memory(descriptor);
    return owner != nullptr && Sid(owner).text() == kTrustedInstaller;
}

std::wstring program_of(DWORD process) {
    const UniqueHandle handle(::OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
    std::wstring path(32768, L'\0');
    auto size = static_cast<DWORD>(path.size());
    if (!handle || ::QueryFullProcessImageNameW(handle.get(), 0, path.data(), &size) == 0) return {};
    path.resize(size);
    return path;
}

// This process, what started it, and what started that.
bool runs_here_or_above(const std::wstring& real) {
    const UniqueHandle snapshot(::CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
    std::map<DWORD, DWORD> parents;
    PROCESSENTRY32W entry{};
    entry.dwSize = sizeof entry;
    for (BOOL more = snapshot ? ::Process32FirstW(snapshot.get(), &entry) : FALSE; more != 0;
         more = ::Process32NextW(snapshot.get(), &entry))
        parents[entry.th32ProcessID] = entry.th32ParentProcessID;
    DWORD process = ::GetCurrentProcessId();
    // A number that was used again could make a circle.
    for (int depth = 0; process != 0 && depth < 16; ++depth) {
        if (same_path(program_of(process), real)) return true;
        const auto parent = parents.find(process);
        process = parent == parents.end() ? 0 : parent->second;
    }
    return false;
}

}  // namespace

std::optional<std::string> find_critical(HANDLE file, const std::wstring& real,
                                         const std::vector<fs::path>& off_limits) {
    for (const fs::path& directory : off_limits) {
        if (is_below(real, real_directory(directory))) return "it is below " + narrow(directory);
    }
    for (const fs::path& directory : system_directories()) {
        if (is_below(real, directory.native())) return "the system cannot do without what is in " + narrow(directory);
    }
    if (belongs_to_windows(file)) return "it belongs to Windows (TrustedInstaller)";
    if (runs_here_or_above(real)) return "this program, or the one that started it, runs from it";
    return std::nullopt;
}

}  // namespace riposte
