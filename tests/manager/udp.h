// SPDX-License-Identifier: Apache-2.0
// One block per datagram; the network's faults are made here.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/peer.h"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace riposte::simulator {

class UdpServer {
  public:
    using Handler = std::function<void(const std::shared_ptr<Peer>&, const std::string& block)>;

    UdpServer(boost::asio::io_context& loop, Faults& faults, Handler handler);
    ~UdpServer() { close(); }
    UdpServer(const UdpServer&) = delete;
    UdpServer& operator=(const UdpServer&) = delete;

    // Port 0: any. The port.
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
    void close();

  private:
    friend class UdpPeer;
    using Endpoint = boost::asio::ip::udp::endpoint;
    // A direction's way through the faults.
    struct Road {
        std::function<void(const Endpoint&, const std::string&)> end;
        std::optional<std::pair<Endpoint, std::string>> held;
        boost::asio::steady_timer release;
    };

    void receive();
    void deliver(const Endpoint& from, const std::string& bytes);
    void send(const Endpoint& to, const std::string& bytes) { pass(outward_, to, bytes); }
    void transmit(const Endpoint& to, const std::string& bytes);
    void pass(Road& road, const Endpoint& endpoint, const std::string& bytes);
    void let_go(Road& road);

    boost::asio::ip::udp::socket socket_;
    Faults& faults_;
    Handler handler_;
    std::string buffer_;
    Endpoint from_;
    Road inward_;
    Road outward_;
    // Peers outlive the server in the hands of agents.
    std::shared_ptr<UdpServer*> alive_ = std::make_shared<UdpServer*>(this);
};

}  // namespace riposte::simulator
