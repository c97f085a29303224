// SPDX-License-Identifier: Apache-2.0
#include "src/link/transport.h"

#include "src/link/block.h"
#include "src/link/frame.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <utility>
#include <vector>

namespace riposte {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

// Common to TCP and UDP: resolving, connecting within kConnectSeconds, and calling `closed` at most once.
template <class Protocol>
class SocketTransport : public Transport, public std::enable_shared_from_this<SocketTransport<Protocol>> {
  public:
    SocketTransport(asio::io_context& loop, const std::string& host, std::uint16_t port, Handlers handlers)
        : handlers_(std::move(handlers)),
          name_(host + " port " + std::to_string(port)),
          resolver_(loop),
          patience_(loop),
          socket_(loop) {}

    // Not called any more once the transport is closed; keeps it alive until then.
    template <class Handler>
    auto guarded(Handler handler) {
        return [self = this->shared_from_this(), handler = std::move(handler)](auto&&... values) {
            if (!self->closed_) handler(std::forward<decltype(values)>(values)...);
        };
    }

    void start(const std::string& host, std::uint16_t port) {
        patience_.expires_after(std::chrono::seconds(kConnectSeconds));
        patience_.async_wait(guarded([this](const error_code& error) {
            if (!error) fail(std::make_error_code(std::errc::timed_out), "connect to");
        }));
        resolver_.async_resolve(
            host, std::to_string(port),
            guarded([this](const error_code& error, typename Protocol::resolver::results_type found) {
                if (error) return fail(error, "find");
                connect(found);
            }));
    }

    void close() override {
        closed_ = true;
        resolver_.cancel();
        patience_.cancel();
        // Windows keeps a read pending where another process has the socket too, and the loop would wait for it.
        error_code ignored;
        socket_.cancel(ignored);
        socket_.close(ignored);
    }
    void pause() override { paused_ = true; }
    void resume() override {
        if (!std::exchange(paused_, false) || closed_ || reading_) return;
        read();
    }
    std::string local_address() const override {
        error_code none;
        const auto endpoint = socket_.local_endpoint(none);
        return none ? std::string() : endpoint.address().to_string();
    }
    std::string remote_address() const override {
        error_code none;
        const auto endpoint = socket_.remote_endpoint(none);
        return none ? std::string() : endpoint.address().to_string();
    }

  protected:
    virtual void connected() = 0;
    virtual void read() = 0;

    void fail(const std::error_code& code, const std::string& doing) { fail(Error{code, doing + " " + name_}); }
    void fail(const Error& error) {
        if (closed_) return;
        const auto closed = std::move(handlers_.closed);
        close();
        if (closed) closed(error);
    }

    Handlers handlers_;
    const std::string name_;
    typename Protocol::resolver resolver_;
    asio::steady_timer patience_;
    typename Protocol::socket socket_;
    bool closed_ = false;
    bool paused_ = false;
    bool reading_ = false;

  private:
    void connect(const typename Protocol::resolver::results_type& found) {
        asio::async_connect(socket_, found, guarded([this](const error_code& error, const auto&) {
                                patience_.cancel();
                                if (error) return fail(error, "connect to");
                                connected();
                                handlers_.connected();
                                if (!closed_) read();
                            }));
    }
};

class TcpTransport final : public SocketTransport<tcp> {
  public:
    using SocketTransport::SocketTransport;

    void send(const std::string& block) override {
        if (closed_) return;
        Result<std::string> frame = frame_block(block);
        if (!frame) return fail(frame.error());
        waiting_bytes_ += frame->size();
        if (waiting_bytes_ > kMaxWaitingBytes) {
            return fail(failure(name_ + " takes nothing any more: " + std::to_string(waiting_bytes_) + " bytes wait"));
        }
        waiting_.push_back(std::move(*frame));
        if (waiting_.size() == 1) write();
    }
    std::size_t waiting_bytes() const override { return waiting_bytes_; }

  private:
    void connected() override {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    }

    void write() {
        asio::async_write(socket_, asio::buffer(waiting_.front()),
                          guarded([this](const error_code& error, std::size_t) {
                              if (error) return fail(error, "send to");
                              waiting_bytes_ -= waiting_.front().size();
                              waiting_.pop_front();
                              if (!waiting_.empty()) write();
                          }));
    }

    void read() override {
        reading_ = true;
        socket_.async_read_some(asio::buffer(buffer_), guarded([this](const error_code& error, std::size_t bytes) {
                                    reading_ = false;
                                    if (error == asio::error::eof)
                                        return fail(failure(name_ + " closed the connection"));
                                    if (error) return fail(error, "receive from");
                                    reader_.add({buffer_.data(), bytes});
                                    take_frames();
                                }));
    }

    void take_frames() {
        while (!closed_ && !paused_) {
            const Result<std::optional<std::string_view>> frame = reader_.next();
            if (!frame) return fail(failure(name_ + " sent what is no message: " + frame.error().text()));
            if (!*frame) return read();
            handlers_.block(**frame);
        }
    }

    // Frames that were received before the pause are delivered before anything more is read.
    void resume() override {
        if (!std::exchange(paused_, false) || closed_ || reading_) return;
        asio::post(socket_.get_executor(), guarded([this] {
                       if (!paused_ && !reading_) take_frames();
                   }));
    }

    std::deque<std::string> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::array<char, 16'384> buffer_{};
    FrameReader reader_;
};

class UdpTransport final : public SocketTransport<udp> {
  public:
    using SocketTransport::SocketTransport;

    void send(const std::string& block) override {
        if (closed_) return;
        error_code error;
        socket_.send(asio::buffer(block), 0, error);
        // A full buffer loses it, as the network may.
        if (error && error != asio::error::would_block && error != asio::error::try_again &&
            error != asio::error::no_buffer_space && error != asio::error::connection_refused) {
            fail(error, "send to");
        }
    }
    std::size_t waiting_bytes() const override { return 0; }

  private:
    void connected() override {
        error_code ignored;
        socket_.set_option(asio::socket_base::receive_buffer_size(1 << 20), ignored);
        socket_.non_blocking(true, ignored);
    }

    void read() override {
        reading_ = true;
        socket_.async_receive(asio::buffer(buffer_), guarded([this](const error_code& error, std::size_t bytes) {
                                  reading_ = false;
                                  // Nobody listens yet, which may change; or a datagram that is too long, which no
                                  // manager sends.
                                  const bool passes = error == asio::error::connection_refused ||
                                                      error == asio::error::connection_reset ||
                                                      error == asio::error::message_size;
                                  if (error && !passes) return fail(error, "receive from");
                                  if (!error && bytes > 0) handlers_.block({buffer_.data(), bytes});
                                  if (!closed_ && !paused_) read();
                              }));
    }

    std::vector<char> buffer_ = std::vector<char>(kMaxBlockBytes + 1);
};

}  // namespace

std::shared_ptr<Transport> Transport::tcp(asio::io_context& loop, const std::string& host, std::uint16_t port,
                                          Handlers handlers) {
    auto transport = std::make_shared<TcpTransport>(loop, host, port, std::move(handlers));
    transport->start(host, port);
    return transport;
}

std::shared_ptr<Transport> Transport::udp(asio::io_context& loop, const std::string& host, std::uint16_t port,
                                          Handlers handlers) {
    auto transport = std::make_shared<UdpTransport>(loop, host, port, std::move(handlers));
    transport->start(host, port);
    return transport;
}

}  // namespace riposte
