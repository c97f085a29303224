// SPDX-License-Identifier: Apache-2.0
// The least of an agent, for the simulator's own tests: it sends what it is told to and shows what comes back.
#pragma once

#include "tests/manager/block.h"
#include "tests/manager/types.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte::simulator {

// The manager's answer to a startup and to a keepalive.
inline constexpr auto kAcknowledged = "#!-agent ack ";

enum class Transport { Tcp, Udp };

class RawAgent {
  public:
    using Limit = std::chrono::milliseconds;
    static constexpr Limit kLimit = std::chrono::seconds(20);

    RawAgent(KeyEntry key, Method method, Transport transport, std::uint16_t port);

    // Seals it with the next counter.
    void send(std::string_view payload);
    void send_block(const std::string& block);
    void send_unframed(const std::string& bytes);
    // As send() would seal it.
    std::string seal(std::string_view payload);

    // The next message, opened; nothing if none comes, if it does not open, or at the end of the connection.
    std::optional<std::string> receive(Limit limit = kLimit);
    std::optional<std::string> receive_block(Limit limit = kLimit);
    // The next `size` bytes of the stream, whatever frames they belong to; nothing if fewer come.
    std::optional<std::string> receive_unframed(std::size_t size, Limit limit = kLimit);
    // Waits until the manager closes the connection. False if it sends something or does nothing.
    bool is_closed(Limit limit = kLimit);
    bool is_reset() const { return last_error_ == boost::asio::error::connection_reset; }
    // Whether the last receive returned nothing because its time limit passed.
    bool timed_out() const { return timed_out_; }

    // Startup, its ack, a keepalive, its ack. False if one of them does not come.
    bool join(const std::string& startup = "#!-agent startup {\"version\":\"v4.3.0\"}");
    std::string keepalive(const std::string& sum = "x") const;

    Counter counter;
    Counter last_received;

  private:
    bool run(Limit limit);

    KeyEntry key_;
    std::string keys_;
    Method method_;
    Transport transport_;
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::socket tcp_{loop_};
    boost::asio::ip::udp::socket udp_{loop_};
    boost::asio::ip::udp::endpoint manager_;
    std::string buffer_;
    boost::system::error_code last_error_;
    bool timed_out_ = false;
};

// A TLS client that sends one text and reads to the end.
struct TlsCall {
    std::uint16_t port = 0;
    std::string text;
    int lowest = 0;
    int highest = 0;
    std::string authority;  // PEM; the manager must be vouched for by it
    std::string name;       // and have this name
    std::optional<Certificate> own;
};
// The server's answer, maybe empty. No value if there was no TLS connection, or if the server broke it off
// before it answered (with TLS 1.3 it refuses a certificate only after the handshake).
std::optional<std::string> call_tls(const TlsCall& call);

}  // namespace riposte::simulator
