// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"
#include "platform/linux/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <sys/file.h>
#include <thread>

namespace riposte {
namespace {

std::string holder_of(int file) {
    std::array<char, 32> buffer{};
    const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
    const std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::string digits = text.substr(0, text.find_first_not_of("0123456789"));
    return digits.empty() ? "another process" : "process " + digits;
}

// A child that a killed process was just starting holds the lock until it runs its file.
int lock_soon(int file) {
    constexpr std::chrono::milliseconds kPatience{500};
    constexpr std::chrono::milliseconds kPause{5};
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
        const int code = errno;
        if (code != EINTR && (code != EWOULDBLOCK || std::chrono::steady_clock::now() > end)) return code;
        if (code != EINTR) std::this_thread::sleep_for(kPause);
    }
}

}  // namespace

Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path& file) {
    UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return os_error(errno, "open " + file.string());
    const int code = lock_soon(lock.get());
    if (code == EWOULDBLOCK) {
        return failure(file.string() + " is held by " + holder_of(lock.get()) +
                       ", which serves this state directory: stop it first, or choose another one with --state");
    }
    if (code != 0) return os_error(code, "lock " + file.string());
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), text.data(), text.size(), 0) < 0) {
        return os_error(errno, "write " + file.string());
    }
    return InstanceLock(lock.release());
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

InstanceLock& InstanceLock::operator=(InstanceLock&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

// The file stays: to remove it would let a third process lock a new one while a second still waits for this.
InstanceLock::~InstanceLock() {
    if (handle_ < 0) return;
    [[maybe_unused]] const int emptied = ::ftruncate(static_cast<int>(handle_), 0);
    ::close(static_cast<int>(handle_));
}

}  // namespace riposte
