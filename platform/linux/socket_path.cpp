// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/socket_path.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <grp.h>
#include <memory>
#include <sys/stat.h>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

// The kernel wants room for a final NUL byte.
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

Result<UniqueFd> open_directory_of(const fs::path& path) {
    const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
    UniqueFd opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!opened) return os_error(errno, "open the directory " + directory.string() + " of a socket");
    return opened;
}

// Fails if somebody answers at the path, or if something else than a socket is there.
Result<void> check_free(const fs::path& path, int type) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return os_error(errno, "look at " + path.string());
    }
    if (!S_ISSOCK(status.st_mode)) {
        return failure(path.string() + " exists and is no socket: remove it, or set another path");
    }
    auto address = SocketAddress::of(path);
    if (!address) return address.error();
    const UniqueFd probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return os_error(errno, "create a socket");
    if (::connect(probe.get(), address->data(), address->size()) != 0) {
        // Nobody has it open, or it has gone meanwhile. Whatever else the reason is, somebody is there.
        if (errno == ECONNREFUSED || errno == ENOENT) return {};
    }
    return failure(std::errc::address_in_use, "another process answers at " + path.string() + " (stop it first)");
}

std::string temporary_name(const fs::path& path) {
    static std::atomic<unsigned> count{0};
    return "." + path.filename().string() + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
}

// Only root can hand the socket to a group that it is not in; for everybody else the own group has to do.
Result<void> set_access(int directory, const std::string& name, const SocketAccess& access, const fs::path& path) {
    if (access.group && ::fchownat(directory, name.c_str(), static_cast<uid_t>(-1), *access.group, 0) != 0) {
        const int code = errno;
        if (::geteuid() == 0)
            return os_error(code, "give " + path.string() + " to group " + std::to_string(*access.group));
    }
    if (::fchmodat(directory, name.c_str(), access.mode, 0) != 0) {
        return os_error(errno, "set the mode of " + path.string());
    }
    return {};
}

// Everything between bind and rename, on the temporary name.
Result<BoundPath> put_in_place(int socket, int directory, const std::string& name, int type, const SocketAccess& access,
                               const fs::path& path) {
    if (auto set = set_access(directory, name, access, path); !set) return set.error();
    if (type == SOCK_STREAM && ::listen(socket, SOMAXCONN) != 0) return os_error(errno, "listen at " + path.string());
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::renameat(directory, name.c_str(), directory, path.filename().c_str()) != 0) {
        return os_error(errno, "put a socket at " + path.string());
    }
    return BoundPath(path, status.st_dev, status.st_ino);
}

}  // namespace

void SocketAddress::assign(std::string_view text) {
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, text.data(), text.size());
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
}

Result<SocketAddress> SocketAddress::of(const fs::path& path) {
    SocketAddress address;
    std::string text = path.string();
    if (text.empty() || text.find('\0') != std::string::npos)
        return failure("the path of a socket is empty or not a path");
    if (text.size() > kLongestPath) {
        auto directory = open_directory_of(path);
        if (!directory) return directory.error();
        address.directory_ = std::move(*directory);
        text = "/proc/self/fd/" + std::to_string(address.directory_.get()) + "/" + path.filename().string();
    }
    if (text.size() > kLongestPath) {
        return failure("the file name of the socket " + path.string() + " has " +
                       std::to_string(path.filename().string().size()) + " bytes: choose one of at most 60");
    }
    address.assign(text);
    return address;
}

Result<SocketAddress> SocketAddress::abstract(std::string_view name) {
    if (name.empty() || name.size() >= kLongestPath)
        return failure("the name of an abstract socket is empty or too long");
    SocketAddress address;
    address.assign(std::string(1, '\0') + std::string(name));
    return address;
}

BoundPath::BoundPath(fs::path path, dev_t device, ino_t inode)
    : path_(std::move(path)), device_(device), inode_(inode) {}

BoundPath::~BoundPath() {
    struct stat status {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

void BoundPath::swap(BoundPath& other) noexcept {
    path_.swap(other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
}

Result<BoundSocket> bind_socket(const fs::path& path, int type, const SocketAccess& access) {
    if (auto is_free = check_free(path, type); !is_free) return is_free.error();
    const auto directory = open_directory_of(path);
    if (!directory) return directory.error();
    const std::string name = temporary_name(path);
    auto address = SocketAddress::of(path.parent_path() / name);
    if (!address) return address.error();
    BoundSocket bound;
    bound.socket = UniqueFd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!bound.socket) return os_error(errno, "create a socket");
    // An earlier process with the same process id may have left a socket under this name.
    ::unlinkat(directory->get(), name.c_str(), 0);
    if (::bind(bound.socket.get(), address->data(), address->size()) != 0) {
        return os_error(errno, "bind a socket in " + path.parent_path().string());
    }
    auto placed = put_in_place(bound.socket.get(), directory->get(), name, type, access, path);
    if (!placed) {
        ::unlinkat(directory->get(), name.c_str(), 0);
        return placed.error();
    }
    bound.path = std::move(*placed);
    return bound;
}

std::optional<gid_t> find_group(const std::string& name) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/group", "re"), &std::fclose);
    group entry{};
    group* found = nullptr;
    std::vector<char> buffer(16384);
    while (file) {
        const int code = ::fgetgrent_r(file.get(), &entry, buffer.data(), buffer.size(), &found);
        if (code == ERANGE && buffer.size() < 1U << 24U) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        if (code != 0) break;
        if (name == found->gr_name) return found->gr_gid;
    }
    return std::nullopt;
}

Result<void> check_adopted(int descriptor, int type) {
    int value = 0;
    socklen_t size = sizeof(value);
    const std::string what = "take over descriptor " + std::to_string(descriptor);
    if (::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &value, &size) != 0) return os_error(errno, what);
    const bool is_unix = value == AF_UNIX;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &value, &size) != 0) return os_error(errno, what);
    if (!is_unix || value != type) {
        return failure(what + ": it is no unix socket of the type " + (type == SOCK_DGRAM ? "datagram" : "stream") +
                       " (see the socket unit)");
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return {};
}

}  // namespace riposte
