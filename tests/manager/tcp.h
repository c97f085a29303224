// SPDX-License-Identifier: Apache-2.0
// Framed messages over TCP: a length of four bytes, the lowest first, then as many bytes (Wazuh src/os_net/os_net.c).
#pragma once

#include "platform/include/result.h"
#include "tests/manager/peer.h"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <deque>
#include <functional>
#include <set>

namespace riposte::simulator {

class TcpServer;

class TcpPeer final : public Peer {
  public:
    TcpPeer(boost::asio::ip::tcp::socket socket, TcpServer& server, Faults& faults);

    void start() { read_length(); }
    bool is_stream() const override { return true; }
    boost::asio::ip::address address() const override { return address_; }
    std::size_t queued() const override { return queued_; }
    void close() override;
    void reset() override;
    void freeze() override { frozen_ = true; }
    void write_unframed(std::string bytes) override;
    // The server is gone.
    void abandon();

  private:
    void write(std::string block) override;
    boost::asio::any_io_executor executor() override { return socket_.get_executor(); }
    void read_length();
    void read_block(std::size_t size);
    void write_next();
    std::shared_ptr<TcpPeer> self() { return std::static_pointer_cast<TcpPeer>(shared_from_this()); }

    boost::asio::ip::tcp::socket socket_;
    TcpServer* server_;
    boost::asio::ip::address address_;
    std::array<unsigned char, 4> length_{};
    std::string block_;
    std::deque<std::string> outgoing_;
    std::size_t queued_ = 0;
    bool frozen_ = false;
};

class TcpServer {
  public:
    struct Handlers {
        std::function<void()> accepted;
        std::function<void(const std::shared_ptr<Peer>&, const std::string& block)> block;
        std::function<void(const std::shared_ptr<Peer>&)> bad_frame;
        std::function<void(const std::shared_ptr<Peer>&)> closed;
    };

    TcpServer(boost::asio::io_context& loop, Faults& faults, Handlers handlers)
        : acceptor_(loop), faults_(faults), handlers_(std::move(handlers)) {}
    ~TcpServer() { close(); }
    TcpServer(const TcpServer&) = delete;
    TcpServer& operator=(const TcpServer&) = delete;

    // Port 0: any. The port.
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
    // Stops listening and closes all connections.
    void close();
    std::size_t open() const { return peers_.size(); }

  private:
    friend class TcpPeer;
    void accept();
    void on_closed(const std::shared_ptr<TcpPeer>& peer);

    boost::asio::ip::tcp::acceptor acceptor_;
    Faults& faults_;
    Handlers handlers_;
    std::set<std::shared_ptr<TcpPeer>> peers_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Opens, binds and listens. Shared with the TLS servers.
Result<std::uint16_t> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address,
                                std::uint16_t port);

}  // namespace riposte::simulator
