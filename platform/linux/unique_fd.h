// SPDX-License-Identifier: Apache-2.0
// One owner for one file descriptor, and errno as an Error. Private to platform/linux.
#pragma once

#include "platform/include/result.h"

#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace riposte {

class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int descriptor) : descriptor_(descriptor) {}
    UniqueFd(UniqueFd&& other) noexcept : descriptor_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~UniqueFd() { reset(); }

    int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }
    int release() { return std::exchange(descriptor_, -1); }
    void reset(int descriptor = -1) {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = descriptor;
    }

  private:
    int descriptor_ = -1;
};

// A service may be started with its standard handles closed; a descriptor numbered 0 to 2 would be overwritten in a
// child. Empty, with errno set, if there was no other number left.
inline UniqueFd above_standard(UniqueFd descriptor) {
    if (!descriptor || descriptor.get() > 2) return descriptor;
    return UniqueFd(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 3));
}

// Save errno before the text is put together: that may change it.
inline Error os_error(int code, std::string what) {
    return Error{{code, std::generic_category()}, std::move(what)};
}

}  // namespace riposte
