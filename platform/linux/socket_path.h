// SPDX-License-Identifier: Apache-2.0
// Unix sockets with a path: addresses of any length, binding so that the path is never missing. Private to
// platform/linux.
#pragma once

#include "platform/include/result.h"
#include "platform/linux/unique_fd.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

namespace riposte {

// An address for connect() and bind(). A path that is too long for it is given through /proc/self/fd and the path's
// directory, which this object holds open.
class SocketAddress {
  public:
    static Result<SocketAddress> of(const std::filesystem::path& path);
    // In Linux's abstract namespace, which has no files.
    static Result<SocketAddress> abstract(std::string_view name);

    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&address_); }
    socklen_t size() const { return size_; }

  private:
    SocketAddress() = default;
    void assign(std::string_view text);
    UniqueFd directory_;
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

// The path of a socket that was bound here; its destructor removes it if it still is that socket.
class BoundPath {
  public:
    BoundPath() = default;
    BoundPath(std::filesystem::path path, dev_t device, ino_t inode);
    BoundPath(BoundPath&& other) noexcept { swap(other); }
    BoundPath& operator=(BoundPath&& other) noexcept {
        swap(other);
        return *this;
    }
    ~BoundPath();

  private:
    void swap(BoundPath& other) noexcept;
    std::filesystem::path path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

struct SocketAccess {
    mode_t mode = 0600;
    std::optional<gid_t> group;
};

struct BoundSocket {
    UniqueFd socket;
    BoundPath path;
};

// Binds (and for SOCK_STREAM listens) under another name and renames that to the path, over a stale socket if there is
// one. Errors: address_in_use if somebody answers there; anything there that is no socket is left alone.
Result<BoundSocket> bind_socket(const std::filesystem::path& path, int type, const SocketAccess& access);

// From /etc/group only: a directory service may take long to answer.
std::optional<gid_t> find_group(const std::string& name);

// Checks that a descriptor handed in is a unix socket of this type, and makes it close-on-exec.
Result<void> check_adopted(int descriptor, int type);

}  // namespace riposte
