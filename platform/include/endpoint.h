// SPDX-License-Identifier: Apache-2.0
// Where messages arrive: the agent's datagram socket and the operator's control endpoint.
#pragma once

#include "platform/include/event_loop.h"
#include "platform/include/result.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// ---- execq ----

// A datagram socket that local agents write requests to. Windows has none: open() returns not_supported.
// Source of owner, mode and path: Wazuh v4.14.7 src/os_execd, OSSEC src/os_execd (root:wazuh or root:ossec, 0660).
class RequestSocket {
  public:
    // Binds a new socket under a temporary name and renames it into place, so that the path is never missing. The group
    // is wazuh, else ossec, if such a group exists; mode 0660. Error address_in_use if another process answers there.
    static Result<RequestSocket> open(const std::filesystem::path& path);
    // Takes over a descriptor that the service manager handed in (see service.h), already bound.
    static Result<RequestSocket> adopt(int descriptor);

    RequestSocket(RequestSocket&&) noexcept;
    RequestSocket& operator=(RequestSocket&&) noexcept;
    // Removes the path of an opened socket if it is still this socket's; leaves an adopted one alone.
    ~RequestSocket();

    struct Datagram {
        std::string bytes;          // at most 65,536, a final NUL byte of the agent's included
        std::size_t sent_size = 0;  // what the sender sent; larger than bytes.size() if it was cut
    };
    // Blocks until a datagram is there or stop() was called (then an empty optional). For one receiving thread.
    std::optional<Datagram> receive();
    // From any thread: makes receive() return, now and from then on. An opened socket takes nothing more, its senders
    // are told so, and what it took before is still received; what is in an adopted one is left to the next owner.
    void stop();

  private:
    struct State;
    explicit RequestSocket(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// ---- control ----

// One connection. All calls and handlers on the loop's thread. Lines are UTF-8 without their final newline.
class ControlConnection {
  public:
    virtual ~ControlConnection() = default;
    // Calls `line` for each line received (at most 1 MiB; a longer one closes the connection), then `closed` once,
    // after which no handler is called. Both may destroy the connection's owner.
    virtual void start(std::function<void(std::string)> line, std::function<void()> closed) = 0;
    // Queues a line. A peer that does not read is cut off when more than 8 MiB wait for it.
    virtual void send(std::string line) = 0;
    // Closes when everything queued has been written.
    virtual void finish() = 0;
};

// Linux: a unix stream socket, mode 0600 (or 0660 with the named group); the peer's user id is checked too (root, the
// user Riposte runs as, or a member of the group). Windows: a named pipe for SYSTEM and Administrators, first instance
// only.
class ControlListener {
  public:
    using Accept = std::function<void(std::shared_ptr<ControlConnection>)>;
    static Result<std::unique_ptr<ControlListener>> open(boost::asio::io_context& loop, const std::string& endpoint,
                                                         const std::string& group, Accept accept);
    static Result<std::unique_ptr<ControlListener>> adopt(boost::asio::io_context& loop, int descriptor, Accept accept);
    virtual ~ControlListener() = default;
};

// The CLI's side: blocking, one thread.
class ControlClient {
  public:
    // Errors: no_such_file_or_directory or connection_refused if no service runs there, permission_denied.
    static Result<ControlClient> connect(const std::string& endpoint);
    ControlClient(ControlClient&&) noexcept;
    ControlClient& operator=(ControlClient&&) noexcept;
    ~ControlClient();

    Result<void> send(std::string_view line);
    // The next line; an empty optional when the service closed the connection. Waits without limit: a follower may be
    // told of nothing for days.
    Result<std::optional<std::string>> receive();

  private:
    struct State;
    explicit ControlClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace riposte
