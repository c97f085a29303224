// SPDX-License-Identifier: Apache-2.0
// Blocks to and from a manager over TCP or UDP. All calls and handlers on the loop's thread.
#pragma once

#include "platform/include/event_loop.h"
#include "platform/include/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace riposte {

class Transport {
  public:
    struct Handlers {
        std::function<void()> connected;
        std::function<void(std::string_view block)> block;
        // Once, when it cannot connect within kConnectSeconds or the connection is over. Nothing is called after it.
        std::function<void(const Error& why)> closed;
    };
    static constexpr int kConnectSeconds = 10;
    // TCP: the limit of bytes that wait to be sent. If more would wait, the peer is given up: the connection is closed.
    static constexpr std::size_t kMaxWaitingBytes = 4'194'304;

    // Begins to connect. `host` is a name or an address; of several addresses each is tried.
    static std::shared_ptr<Transport> tcp(boost::asio::io_context& loop, const std::string& host, std::uint16_t port,
                                          Handlers handlers);
    static std::shared_ptr<Transport> udp(boost::asio::io_context& loop, const std::string& host, std::uint16_t port,
                                          Handlers handlers);
    virtual ~Transport() = default;

    // After `connected`. A block over 65,536 bytes (UDP: over what a datagram takes) closes the connection.
    virtual void send(const std::string& block) = 0;
    // Reads no more until it is resumed: the peer has to wait (TCP), or datagrams beyond the socket's buffer are lost.
    virtual void pause() = 0;
    virtual void resume() = 0;
    // Bytes that the system has not accepted yet are dropped; those that it has are still sent. No handler is called
    // afterwards.
    virtual void close() = 0;

    // After `connected`: addresses as text. Bytes that wait to be sent.
    virtual std::string local_address() const = 0;
    virtual std::string remote_address() const = 0;
    virtual std::size_t waiting_bytes() const = 0;
};

}  // namespace riposte
