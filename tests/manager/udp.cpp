// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/udp.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

namespace riposte::simulator {

using boost::asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr std::size_t kDatagramBuffer = 70000;
constexpr int kSocketBuffer = 1 << 20;
// A datagram that is held back for another one does not wait for ever.
constexpr std::chrono::milliseconds kHeldAtMost{100};

}  // namespace

class UdpPeer final : public Peer {
  public:
    UdpPeer(std::weak_ptr<UdpServer*> server, udp::endpoint endpoint, boost::asio::any_io_executor executor,
            Faults& faults)
        : Peer(faults), server_(std::move(server)), endpoint_(std::move(endpoint)), executor_(std::move(executor)) {}

    bool is_stream() const override { return false; }
    boost::asio::ip::address address() const override { return endpoint_.address(); }

  private:
    void write(std::string block) override {
        if (const auto server = server_.lock()) (*server)->send(endpoint_, block);
    }
    boost::asio::any_io_executor executor() override { return executor_; }

    std::weak_ptr<UdpServer*> server_;
    udp::endpoint endpoint_;
    boost::asio::any_io_executor executor_;
};

UdpServer::UdpServer(boost::asio::io_context& loop, Faults& faults, Handler handler)
    : socket_(loop),
      faults_(faults),
      handler_(std::move(handler)),
      buffer_(kDatagramBuffer, '\0'),
      inward_{[this](const Endpoint& from, const std::string& bytes) { deliver(from, bytes); }, std::nullopt,
              boost::asio::steady_timer(loop)},
      outward_{[this](const Endpoint& to, const std::string& bytes) { transmit(to, bytes); }, std::nullopt,
               boost::asio::steady_timer(loop)} {}

Result<std::uint16_t> UdpServer::listen(const std::string& address, std::uint16_t port) {
    error_code error;
    const auto host = boost::asio::ip::make_address(address, error);
    const Endpoint endpoint(host, port);
    if (!error) socket_.open(endpoint.protocol(), error);
    error_code ignored;
    if (!error) socket_.set_option(udp::socket::receive_buffer_size(kSocketBuffer), ignored);
    if (!error) socket_.set_option(udp::socket::send_buffer_size(kSocketBuffer), ignored);
    if (!error) socket_.bind(endpoint, error);
    if (error) {
        socket_.close(ignored);
        return Error{error, "bind UDP port " + std::to_string(port) + " of " + address};
    }
    receive();
    return socket_.local_endpoint().port();
}

void UdpServer::close() {
    error_code ignored;
    socket_.close(ignored);
    inward_.held.reset();
    outward_.held.reset();
}

void UdpServer::receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this, alive = std::weak_ptr(alive_)](const error_code& error, std::size_t size) {
                                   if (alive.expired() || error == boost::asio::error::operation_aborted) return;
                                   if (!socket_.is_open()) return;
                                   // An error tells of an earlier datagram that met a closed port.
                                   if (!error) pass(inward_, from_, buffer_.substr(0, size));
                                   if (socket_.is_open()) receive();
                               });
}

void UdpServer::deliver(const Endpoint& from, const std::string& bytes) {
    handler_(std::make_shared<UdpPeer>(alive_, from, socket_.get_executor(), faults_), bytes);
}

void UdpServer::transmit(const Endpoint& to, const std::string& bytes) {
    error_code ignored;  // as lost as on any network
    if (socket_.is_open()) socket_.send_to(boost::asio::buffer(bytes), to, 0, ignored);
}

void UdpServer::pass(Road& road, const Endpoint& endpoint, const std::string& bytes) {
    if (faults_.happens(faults_.drop)) return;
    if (!road.held && faults_.happens(faults_.reorder)) {
        road.held.emplace(endpoint, bytes);
        road.release.expires_after(kHeldAtMost);
        road.release.async_wait([this, &road, alive = std::weak_ptr(alive_)](const error_code& error) {
            if (!error && !alive.expired()) let_go(road);
        });
        return;
    }
    road.end(endpoint, bytes);
    if (faults_.happens(faults_.duplicate)) road.end(endpoint, bytes);
    let_go(road);
}

void UdpServer::let_go(Road& road) {
    const auto held = std::exchange(road.held, std::nullopt);
    if (held) road.end(held->first, held->second);
}

}  // namespace riposte::simulator
