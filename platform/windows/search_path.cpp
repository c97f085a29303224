// SPDX-License-Identifier: Apache-2.0
#include "platform/include/search_path.h"

#include "platform/windows/wide.h"

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>
#include <windows.h>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr const wchar_t* kEnvironment = L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment";
constexpr const wchar_t* kName = L"Path";
// The size of the longest value that an environment variable can have, its final zero included.
constexpr DWORD kMaxBytes = 32767 * sizeof(wchar_t);
constexpr UINT kPatienceMs = 1000;

struct CloseKey {
    void operator()(HKEY key) const { ::RegCloseKey(key); }
};
using RegistryKey = std::unique_ptr<std::remove_pointer_t<HKEY>, CloseKey>;

struct SearchPath {
    std::wstring text;
    DWORD type = REG_EXPAND_SZ;  // with %SystemRoot% and the like in it, or without
};

Error path_error(LSTATUS code, const char* what) {
    return os_error(static_cast<DWORD>(code), std::string(what) + " the system's Path");
}

Result<RegistryKey> open_environment() {
    HKEY key = nullptr;
    const LSTATUS code = ::RegOpenKeyExW(HKEY_LOCAL_MACHINE, kEnvironment, 0, KEY_QUERY_VALUE | KEY_SET_VALUE, &key);
    if (code != ERROR_SUCCESS) return path_error(code, "change");
    return RegistryKey(key);
}

Result<SearchPath> read_path(HKEY key) {
    SearchPath path;
    std::vector<wchar_t> buffer(kMaxBytes / sizeof(wchar_t));
    DWORD size = kMaxBytes;
    const LSTATUS code =
        ::RegQueryValueExW(key, kName, nullptr, &path.type, reinterpret_cast<BYTE*>(buffer.data()), &size);
    if (code == ERROR_FILE_NOT_FOUND) return SearchPath();
    if (code != ERROR_SUCCESS) return path_error(code, "read");
    if (path.type != REG_SZ && path.type != REG_EXPAND_SZ) return failure("the system's Path is no text");
    path.text.assign(buffer.data(), size / sizeof(wchar_t));
    // It may be stored with its end, or without.
    path.text.erase(std::min(path.text.find(L'\0'), path.text.size()));
    return path;
}

Result<void> write_path(HKEY key, const SearchPath& path) {
    const std::size_t size = (path.text.size() + 1) * sizeof(wchar_t);
    if (size > kMaxBytes) return failure("the system's Path would be too long");
    const LSTATUS code = ::RegSetValueExW(key, kName, 0, path.type, reinterpret_cast<const BYTE*>(path.text.c_str()),
                                          static_cast<DWORD>(size));
    if (code != ERROR_SUCCESS) return path_error(code, "write");
    // The desktop reads it again, so that what is started from there has it. It need not have heard of it.
    ::SendMessageTimeoutW(HWND_BROADCAST, WM_SETTINGCHANGE, 0, reinterpret_cast<LPARAM>(L"Environment"),
                          SMTO_ABORTIFHUNG, kPatienceMs, nullptr);
    return {};
}

bool is_same_directory(std::wstring_view one, std::wstring_view other) {
    const auto bare = [](std::wstring_view name) {
        while (name.ends_with(L'\\')) name.remove_suffix(1);
        return name;
    };
    one = bare(one);
    other = bare(other);
    return ::CompareStringOrdinal(one.data(), static_cast<int>(one.size()), other.data(),
                                  static_cast<int>(other.size()), TRUE) == CSTR_EQUAL;
}

// The text without that directory.
std::wstring without(const std::wstring& text, const std::wstring& directory) {
    std::wstring rest;
    bool is_first = true;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(L';', begin), text.size());
        const std::wstring_view entry = std::wstring_view(text).substr(begin, end - begin);
        if (!is_same_directory(entry, directory)) {
            if (!is_first) rest += L';';
            rest += entry;
            is_first = false;
        }
        begin = end + 1;
    }
    return rest;
}

template <class Change>
Result<void> change_path(const Change& change) {
    const auto key = open_environment();
    if (!key) return key.error();
    auto path = read_path(key->get());
    if (!path) return path.error();
    std::wstring changed = change(path->text);
    if (changed == path->text) return {};
    path->text = std::move(changed);
    return write_path(key->get(), *path);
}

}  // namespace

Result<void> add_to_search_path(const fs::path& directory) {
    return change_path([&](const std::wstring& text) {
        if (text.empty()) return directory.native();
        if (without(text, directory.native()) != text) return text;
        // As it is, so that a removal leaves what was there.
        return text + L";" + directory.native();
    });
}

Result<void> remove_from_search_path(const fs::path& directory) {
    return change_path([&](const std::wstring& text) { return without(text, directory.native()); });
}

}  // namespace riposte
