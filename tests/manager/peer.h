// SPDX-License-Identifier: Apache-2.0
// Where an agent speaks from: a TCP connection, or the source of a datagram. The faults that need no network of their
// own are done here: silence and delay.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <random>
#include <string>

namespace riposte::simulator {

// The faults of all peers together. Each probability applies to every single datagram, in either direction.
struct Faults {
    bool silent = false;  // everything is taken, nothing is answered
    std::chrono::milliseconds delay{0};
    double drop = 0;
    double duplicate = 0;
    double reorder = 0;  // held back until another one has passed
    std::mt19937_64 random;

    bool happens(double probability) {
        return probability > 0 && std::uniform_real_distribution<>(0, 1)(random) < probability;
    }
};

class Peer : public std::enable_shared_from_this<Peer> {
  public:
    explicit Peer(Faults& faults) : faults_(faults) {}
    virtual ~Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    // Of a TCP peer, a frame around it is added.
    void send(std::string block);
    virtual bool is_stream() const = 0;
    virtual boost::asio::ip::address address() const = 0;
    // Bytes that wait for the system to take them; always 0 for datagrams.
    virtual std::size_t queued() const { return 0; }

    // For streams; datagrams have nothing to close.
    virtual void close() {}
    virtual void reset() {}
    // Neither reads nor writes any more, and does not close.
    virtual void freeze() {}
    virtual void write_unframed(std::string bytes) { write(std::move(bytes)); }

  protected:
    virtual void write(std::string block) = 0;
    virtual boost::asio::any_io_executor executor() = 0;

  private:
    Faults& faults_;
    std::chrono::steady_clock::time_point last_due_;
};

}  // namespace riposte::simulator
