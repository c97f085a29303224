// SPDX-License-Identifier: Apache-2.0
#include "platform/line_connection.h"
#include "platform/linux/socket_path.h"
#include "platform/linux/unique_fd.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <sys/socket.h>
#include <sys/stat.h>
#include <vector>

namespace riposte {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Protocol = asio::local::stream_protocol;

constexpr std::chrono::milliseconds kAcceptPause{100};

// ---- listening ----

bool is_in_group(int socket, gid_t wanted) {
    std::vector<gid_t> groups(64);
    while (true) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return std::find(groups.begin(), groups.end(), wanted) != groups.end();
        }
        if (errno != ERANGE) return false;
        groups.resize(size / sizeof(gid_t));
    }
}

// The mode of the socket's file says the same; but a directory or a mode may be changed by mistake.
bool is_allowed(int socket, std::optional<gid_t> group) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
    return group && (peer.gid == *group || is_in_group(socket, *group));
}

class Listener final : public ControlListener {
  public:
    Listener(asio::io_context& loop, std::optional<gid_t> group, Accept accept, BoundPath path)
        : path_(std::move(path)), state_(std::make_shared<State>(loop, group, std::move(accept))) {}
    ~Listener() override {
        // While the socket is open its file's number cannot pass to another file.
        path_ = BoundPath();
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        state_->accept = nullptr;
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    Result<void> start(UniqueFd socket) {
        boost::system::error_code error;
        state_->acceptor.assign(Protocol(), socket.get(), error);
        if (error) return Error{error, "watch the control endpoint"};
        socket.release();
        state_->wait();
        return {};
    }

  private:
    struct State : std::enable_shared_from_this<State> {
        State(asio::io_context& loop, std::optional<gid_t> its_group, Accept its_accept)
            : acceptor(loop), pause(loop), group(its_group), accept(std::move(its_accept)) {}

        void wait() {
            acceptor.async_accept(
                [weak = weak_from_this()](const boost::system::error_code& error, Protocol::socket peer) {
                    const auto self = weak.lock();
                    if (self && self->accept) self->on_accept(error, std::move(peer));
                });
        }

        void on_accept(const boost::system::error_code& error, Protocol::socket peer) {
            // Out of descriptors, most likely: the connection is still there and would be reported without end.
            if (error) return wait_later();
            if (is_allowed(peer.native_handle(), group)) {
                const auto handler = accept;
                handler(std::make_shared<LineConnection<Protocol::socket>>(std::move(peer)));
            }
            if (accept) wait();
        }

        void wait_later() {
            pause.expires_after(kAcceptPause);
            pause.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
                const auto self = weak.lock();
                if (self && !error && self->accept) self->wait();
            });
        }

        Protocol::acceptor acceptor;
        asio::steady_timer pause;
        std::optional<gid_t> group;
        Accept accept;
    };

    BoundPath path_;
    std::shared_ptr<State> state_;
};

Result<std::unique_ptr<ControlListener>> start_listener(std::unique_ptr<Listener> listener, UniqueFd socket) {
    if (auto started = listener->start(std::move(socket)); !started) return started.error();
    return std::unique_ptr<ControlListener>(std::move(listener));
}

// The group that a socket unit lets in, as the mode of the socket's file says.
std::optional<gid_t> group_of_file(int socket) {
    sockaddr_un address{};
    socklen_t size = sizeof(address) - 1;
    struct stat status {};
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sun_path[0] != '/')
        return {};
    if (::stat(address.sun_path, &status) != 0 || (status.st_mode & S_IWGRP) == 0) return {};
    return status.st_gid;
}

}  // namespace

Result<std::unique_ptr<ControlListener>> ControlListener::open(asio::io_context& loop, const std::string& endpoint,
                                                               const std::string& group, Accept accept) {
    SocketAccess access;
    if (!group.empty()) {
        access.group = find_group(group);
        access.mode = 0660;
        if (!access.group) {
            return failure("the group " + group +
                           " of the control endpoint is not in /etc/group: create it (groupadd " + group +
                           ") or name another");
        }
    }
    // /run is empty after every boot; the service manager makes the directory, a start by hand does not.
    const fs::path path(endpoint);
    ::mkdir(path.parent_path().c_str(), 0755);
    auto bound = bind_socket(path, SOCK_STREAM, access);
    if (!bound) return bound.error();
    auto listener = std::make_unique<Listener>(loop, access.group, std::move(accept), std::move(bound->path));
    return start_listener(std::move(listener), std::move(bound->socket));
}

Result<std::unique_ptr<ControlListener>> ControlListener::adopt(asio::io_context& loop, int descriptor, Accept accept) {
    if (auto checked = check_adopted(descriptor, SOCK_STREAM); !checked) return checked.error();
    auto listener = std::make_unique<Listener>(loop, group_of_file(descriptor), std::move(accept), BoundPath());
    return start_listener(std::move(listener), UniqueFd(descriptor));
}

// ---- the client ----

struct ControlClient::State {
    UniqueFd socket;
    ReceivedLines lines;
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::ControlClient(ControlClient&&) noexcept = default;
ControlClient& ControlClient::operator=(ControlClient&&) noexcept = default;
ControlClient::~ControlClient() = default;

Result<ControlClient> ControlClient::connect(const std::string& endpoint) {
    const auto address = SocketAddress::of(endpoint);
    if (!address) return address.error();
    auto state = std::make_unique<State>();
    state->socket = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!state->socket) return os_error(errno, "create a socket");
    int code = 0;
    while ((code = ::connect(state->socket.get(), address->data(), address->size()) == 0 ? 0 : errno) == EINTR) {
    }
    if (code != 0) return os_error(code, "connect to " + endpoint);
    return ControlClient(std::move(state));
}

Result<void> ControlClient::send(std::string_view line) {
    std::string text(line);
    text += '\n';
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t sent = ::send(state_->socket.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) return os_error(errno, "send to the service");
        if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<std::optional<std::string>> ControlClient::receive() {
    std::array<char, kReadSize> chunk;
    while (true) {
        if (auto line = state_->lines.take()) return line;
        if (state_->lines.is_too_long()) return failure("the service sent a line without end");
        const ssize_t size = ::recv(state_->socket.get(), chunk.data(), chunk.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        // The service closed the connection while something from here was still unread.
        if (size < 0 && errno == ECONNRESET) return std::optional<std::string>();
        if (size < 0) return os_error(errno, "receive from the service");
        if (size == 0) return std::optional<std::string>();
        state_->lines.append(chunk.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace riposte
