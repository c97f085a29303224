// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_edit.h"

#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <array>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSize = 16 << 20;
constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

// A file of its own, which stays: the file that is changed is replaced.
Result<UniqueHandle> lock_directory(const fs::path& directory) {
    const fs::path file = directory / L".lock";
    UniqueHandle lock(::CreateFileW(file.c_str(), GENERIC_READ | GENERIC_WRITE, kShareAll, nullptr, OPEN_ALWAYS,
                                    FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    if (!lock) return os_error(::GetLastError(), "open " + narrow(file));
    OVERLAPPED start{};
    if (::LockFileEx(lock.get(), LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &start) == 0)
        return os_error(::GetLastError(), "lock " + narrow(file));
    return lock;
}

bool is_absent(DWORD code) {
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

// Empty if there is no such file.
Result<UniqueHandle> open_regular(const fs::path& file) {
    UniqueHandle handle(
        ::CreateFileW(file.c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
    const DWORD code = ::GetLastError();
    if (!handle && is_absent(code)) return UniqueHandle();
    if (!handle) return os_error(code, "open " + narrow(file));
    if (::GetFileType(handle.get()) != FILE_TYPE_DISK) return failure(narrow(file) + " is no regular file");
    return handle;
}

Result<std::string> read_all(HANDLE file, const std::string& shown) {
    std::string content;
    std::array<char, 16'384> buffer{};
    for (;;) {
        DWORD count = 0;
        if (::ReadFile(file, buffer.data(), static_cast<DWORD>(buffer.size()), &count, nullptr) == 0)
            return os_error(::GetLastError(), "read " + shown);
        if (count == 0) return content;
        content.append(buffer.data(), count);
        if (content.size() > kMaxSize) return failure(shown + " is larger than 16 MiB");
    }
}

Result<void> write_new(const fs::path& file, const std::string& content) {
    const UniqueHandle handle(::CreateFileW(file.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                                            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    if (!handle) return os_error(::GetLastError(), "create " + narrow(file));
    DWORD count = 0;
    const bool written =
        ::WriteFile(handle.get(), content.data(), static_cast<DWORD>(content.size()), &count, nullptr) != 0 &&
        ::FlushFileBuffers(handle.get()) != 0;
    return written ? Result<void>() : os_error(::GetLastError(), "write to " + narrow(file));
}

// ReplaceFile keeps the owner, access list and attributes of the old file.
Result<void> take_place(const fs::path& fresh, const fs::path& file, bool is_new) {
    const BOOL done = is_new ? ::MoveFileExW(fresh.c_str(), file.c_str(), MOVEFILE_WRITE_THROUGH)
                             : ::ReplaceFileW(file.c_str(), fresh.c_str(), nullptr, 0, nullptr, nullptr);
    return done != 0 ? Result<void>() : os_error(::GetLastError(), "replace " + narrow(file));
}

}  // namespace

Result<bool> edit_file(const fs::path& file, const std::function<std::string(const std::string&)>& edit) {
    const auto lock = lock_directory(file.parent_path());
    if (!lock) return lock.error();
    bool is_new = false;
    std::string old_content;
    {
        // Closed before the file is replaced.
        const auto old_file = open_regular(file);
        if (!old_file) return old_file.error();
        is_new = !*old_file;
        const auto content = is_new ? Result<std::string>(std::string()) : read_all(old_file->get(), narrow(file));
        if (!content) return content.error();
        old_content = *content;
    }
    const std::string changed = edit(old_content);
    if (changed == old_content) return false;
    fs::path fresh = file;
    fresh += L".new";
    if (auto written = write_new(fresh, changed); !written) return written.error();
    if (auto replaced = take_place(fresh, file, is_new); !replaced) {
        ::DeleteFileW(fresh.c_str());
        return replaced.error();
    }
    return true;
}

bool may_change_files_in(const fs::path& directory) {
    const UniqueHandle opened(::CreateFileW(directory.c_str(), FILE_ADD_FILE | FILE_DELETE_CHILD, kShareAll, nullptr,
                                            OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    return static_cast<bool>(opened);
}

Result<bool> create_empty_file(const fs::path& file) {
    const UniqueHandle handle(
        ::CreateFileW(file.c_str(), GENERIC_WRITE, kShareAll, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (handle) return true;
    const DWORD code = ::GetLastError();
    if (code == ERROR_FILE_EXISTS || code == ERROR_ALREADY_EXISTS) return false;
    return os_error(code, "create " + narrow(file));
}

Result<std::string> read_small_file(const fs::path& file) {
    const auto handle = open_regular(file);
    if (!handle) return handle.error();
    if (!*handle) return std::string();
    return read_all(handle->get(), narrow(file));
}

Result<DirectoryLock> DirectoryLock::acquire(const fs::path& directory) {
    auto locked = lock_directory(directory);
    if (!locked) return locked.error();
    return DirectoryLock(reinterpret_cast<std::intptr_t>(locked->release()));
}

DirectoryLock::~DirectoryLock() {
    if (handle_ != -1) ::CloseHandle(reinterpret_cast<HANDLE>(handle_));
}

}  // namespace riposte
