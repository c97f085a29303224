// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <array>
#include <chrono>
#include <thread>
#include <utility>
#include <windows.h>

namespace riposte {
namespace {

// Locks are mandatory on Windows: one far behind the text leaves the text to be read.
OVERLAPPED locked_byte() {
    OVERLAPPED at{};
    at.OffsetHigh = 1;
    return at;
}

std::string holder_of(HANDLE file) {
    std::array<char, 32> buffer{};
    DWORD size = 0;
    OVERLAPPED from_start{};
    ::ReadFile(file, buffer.data(), static_cast<DWORD>(buffer.size()), &size, &from_start);
    const std::string text(buffer.data(), size);
    const std::string digits = text.substr(0, text.find_first_not_of("0123456789"));
    return digits.empty() ? "another process" : "process " + digits;
}

// The system gives the lock of an ended process back when it comes to it.
DWORD lock_soon(HANDLE file) {
    constexpr std::chrono::milliseconds kPatience{500};
    constexpr std::chrono::milliseconds kPause{5};
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (true) {
        OVERLAPPED at = locked_byte();
        if (::LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at) != 0) {
            return ERROR_SUCCESS;
        }
        const DWORD code = ::GetLastError();
        if (code != ERROR_LOCK_VIOLATION || std::chrono::steady_clock::now() > end) return code;
        std::this_thread::sleep_for(kPause);
    }
}

bool is_plain_file(HANDLE file) {
    BY_HANDLE_FILE_INFORMATION information{};
    return ::GetFileInformationByHandle(file, &information) != 0 &&
           (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
}

bool write_text(HANDLE file, const std::string& text) {
    DWORD written = 0;
    OVERLAPPED from_start{};
    LARGE_INTEGER start{};
    return ::SetFilePointerEx(file, start, nullptr, FILE_BEGIN) != 0 && ::SetEndOfFile(file) != 0 &&
           ::WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &written, &from_start) != 0;
}

HANDLE as_handle(std::intptr_t handle) {
    return reinterpret_cast<HANDLE>(handle);
}

}  // namespace

Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path& file) {
    const std::string name = narrow(file);
    UniqueHandle lock(::CreateFileW(file.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                    nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
                                    nullptr));
    if (!lock) return os_error(::GetLastError(), "open " + name);
    if (!is_plain_file(lock.get())) return failure("open " + name + ": it is a link to another file: remove it");
    const DWORD code = lock_soon(lock.get());
    if (code == ERROR_LOCK_VIOLATION) {
        return failure(name + " is held by " + holder_of(lock.get()) +
                       ", which serves this state directory: stop it first, or choose another one with --state");
    }
    if (code != ERROR_SUCCESS) return os_error(code, "lock " + name);
    if (!write_text(lock.get(), std::to_string(::GetCurrentProcessId()) + "\r\n")) {
        return os_error(::GetLastError(), "write " + name);
    }
    return InstanceLock(reinterpret_cast<std::intptr_t>(lock.release()));
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

InstanceLock& InstanceLock::operator=(InstanceLock&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

InstanceLock::~InstanceLock() {
    if (handle_ == -1) return;
    const UniqueHandle lock(as_handle(handle_));
    write_text(lock.get(), "");
}

}  // namespace riposte
