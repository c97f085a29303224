// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"
#include "platform/linux/socket_path.h"
#include "platform/linux/unique_fd.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <vector>

namespace riposte {
namespace {

constexpr std::size_t kLargestRequest = 65536;
constexpr int kWantedQueue = 1 << 20;
// How long to wait after an error that has no event to wait for, such as a lack of memory.
constexpr int kPauseMs = 100;

void enlarge_receive_buffer(int socket) {
    // The first needs root and ignores the system's limit.
    if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &kWantedQueue, sizeof(kWantedQueue)) == 0) return;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &kWantedQueue, sizeof(kWantedQueue));
}

}  // namespace

struct RequestSocket::State {
    UniqueFd socket;
    BoundPath path;
    UniqueFd wake;
    bool is_own = false;
    std::atomic<bool> stopped{false};
    std::vector<char> buffer = std::vector<char>(kLargestRequest + 1);

    Result<void> prepare() {
        wake = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!wake) return os_error(errno, "create an event");
        enlarge_receive_buffer(socket.get());
        return {};
    }

    void wait(bool for_data) {
        std::array<pollfd, 2> events{pollfd{wake.get(), POLLIN, 0}, pollfd{socket.get(), POLLIN, 0}};
        ::poll(events.data(), for_data ? 2 : 1, for_data ? -1 : kPauseMs);
    }
};

RequestSocket::RequestSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
RequestSocket::RequestSocket(RequestSocket&&) noexcept = default;
RequestSocket& RequestSocket::operator=(RequestSocket&&) noexcept = default;
RequestSocket::~RequestSocket() = default;

Result<RequestSocket> RequestSocket::open(const std::filesystem::path& path) {
    SocketAccess access;
    access.mode = 0660;
    access.group = find_group("wazuh");
    if (!access.group) access.group = find_group("ossec");
    auto bound = bind_socket(path, SOCK_DGRAM, access);
    if (!bound) return bound.error();
    auto state = std::make_unique<State>();
    state->socket = std::move(bound->socket);
    state->path = std::move(bound->path);
    state->is_own = true;
    if (auto prepared = state->prepare(); !prepared) return prepared.error();
    return RequestSocket(std::move(state));
}

Result<RequestSocket> RequestSocket::adopt(int descriptor) {
    if (auto checked = check_adopted(descriptor, SOCK_DGRAM); !checked) return checked.error();
    auto state = std::make_unique<State>();
    state->socket = UniqueFd(descriptor);
    if (auto prepared = state->prepare(); !prepared) return prepared.error();
    return RequestSocket(std::move(state));
}

std::optional<RequestSocket::Datagram> RequestSocket::receive() {
    for (;;) {
        const bool stopped = state_->stopped;
        // The datagrams that are queued in an adopted socket are left to its next owner.
        if (stopped && !state_->is_own) return std::nullopt;
        // MSG_TRUNC: the return value is what was sent, even if it was more than the buffer.
        const ssize_t size =
            ::recv(state_->socket.get(), state_->buffer.data(), state_->buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
        if (size >= 0) {
            const auto sent = static_cast<std::size_t>(size);
            return Datagram{std::string(state_->buffer.data(), std::min(sent, kLargestRequest)), sent};
        }
        if (errno == EINTR) continue;
        if (stopped) return std::nullopt;
        state_->wait(errno == EAGAIN);
    }
}

void RequestSocket::stop() {
    // First, so that nothing comes after what is then received last.
    if (state_->is_own) ::shutdown(state_->socket.get(), SHUT_RD);
    state_->stopped = true;
    const std::uint64_t one = 1;
    // Fails only if the event is set already.
    [[maybe_unused]] const ssize_t written = ::write(state_->wake.get(), &one, sizeof(one));
}

}  // namespace riposte
