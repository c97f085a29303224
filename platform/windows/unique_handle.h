// SPDX-License-Identifier: Apache-2.0
// One owner for one HANDLE. Private to platform/windows.
#pragma once

#include <utility>
#include <windows.h>

namespace riposte {

// Empty is both nullptr and INVALID_HANDLE_VALUE, since the calls of Windows do not agree on which means failure. Never
// holds a pseudo handle (GetCurrentProcess) or what has a closing call of its own (FindFirstFile).
class UniqueHandle {
  public:
    UniqueHandle() = default;
    explicit UniqueHandle(HANDLE handle) : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
    UniqueHandle(UniqueHandle&& other) noexcept : handle_(other.release()) {}
    UniqueHandle& operator=(UniqueHandle&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~UniqueHandle() { reset(); }

    HANDLE get() const { return handle_; }
    explicit operator bool() const { return handle_ != nullptr; }
    HANDLE release() { return std::exchange(handle_, nullptr); }
    void reset(HANDLE handle = nullptr) {
        if (handle_ != nullptr) ::CloseHandle(handle_);
        handle_ = handle == INVALID_HANDLE_VALUE ? nullptr : handle;
    }

  private:
    HANDLE handle_ = nullptr;
};

}  // namespace riposte
