// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/tcp.h"

#include "tests/manager/block.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace riposte::simulator {

using boost::asio::ip::tcp;
using boost::system::error_code;

Result<std::uint16_t> listen_on(tcp::acceptor& acceptor, const std::string& address, std::uint16_t port) {
    error_code error;
    const auto host = boost::asio::ip::make_address(address, error);
    const tcp::endpoint endpoint(host, port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
        return Error{error, "listen on " + address + " port " + std::to_string(port)};
    }
    return acceptor.local_endpoint().port();
}

TcpPeer::TcpPeer(tcp::socket socket, TcpServer& server, Faults& faults)
    : Peer(faults), socket_(std::move(socket)), server_(&server) {
    error_code error;
    address_ = socket_.remote_endpoint(error).address();
    socket_.set_option(tcp::no_delay(true), error);
}

void TcpPeer::read_length() {
    boost::asio::async_read(
        socket_, boost::asio::buffer(length_), [self = self()](const error_code& error, std::size_t) {
            if (self->frozen_) return;
            if (error) return self->close();
            const std::size_t size = self->length_[0] | self->length_[1] << 8U | self->length_[2] << 16U |
                                     static_cast<std::size_t>(self->length_[3]) << 24U;
            self->read_block(size);
        });
}

void TcpPeer::read_block(std::size_t size) {
    if (size == 0 || size > kLargestBlock) {
        if (server_ != nullptr) server_->handlers_.bad_frame(self());
        return close();
    }
    block_.resize(size);
    boost::asio::async_read(socket_, boost::asio::buffer(block_),
                            [self = self()](const error_code& error, std::size_t) {
                                if (self->frozen_) return;
                                if (error) return self->close();
                                if (self->server_ != nullptr) self->server_->handlers_.block(self, self->block_);
                                if (self->socket_.is_open() && !self->frozen_) self->read_length();
                            });
}

void TcpPeer::write(std::string block) {
    const std::size_t size = block.size();
    std::string frame;
    for (unsigned shift = 0; shift < 32; shift += 8) frame += static_cast<char>(size >> shift & 0xffU);
    write_unframed(frame + block);
}

void TcpPeer::write_unframed(std::string bytes) {
    if (!socket_.is_open() || frozen_) return;
    queued_ += bytes.size();
    outgoing_.push_back(std::move(bytes));
    if (outgoing_.size() == 1) write_next();
}

void TcpPeer::write_next() {
    boost::asio::async_write(socket_, boost::asio::buffer(outgoing_.front()),
                             [self = self()](const error_code& error, std::size_t) {
                                 if (self->frozen_) return;
                                 if (error) return self->close();
                                 self->queued_ -= self->outgoing_.front().size();
                                 self->outgoing_.pop_front();
                                 if (!self->outgoing_.empty()) self->write_next();
                             });
}

void TcpPeer::close() {
    if (!socket_.is_open()) return;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    if (server_ != nullptr) server_->on_closed(self());
}

void TcpPeer::reset() {
    error_code ignored;
    socket_.set_option(tcp::socket::linger(true, 0), ignored);
    socket_.close(ignored);
    if (server_ != nullptr) server_->on_closed(self());
}

void TcpPeer::abandon() {
    server_ = nullptr;
    close();
}

Result<std::uint16_t> TcpServer::listen(const std::string& address, std::uint16_t port) {
    const auto bound = listen_on(acceptor_, address, port);
    if (bound) accept();
    return bound;
}

void TcpServer::accept() {
    acceptor_.async_accept([this, alive = std::weak_ptr(alive_)](const error_code& error, tcp::socket socket) {
        if (alive.expired()) return;
        if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!error) {
            const auto peer = std::make_shared<TcpPeer>(std::move(socket), *this, faults_);
            peers_.insert(peer);
            handlers_.accepted();
            peer->start();
        }
        accept();
    });
}

void TcpServer::on_closed(const std::shared_ptr<TcpPeer>& peer) {
    if (peers_.erase(peer) != 0) handlers_.closed(peer);
}

void TcpServer::close() {
    error_code ignored;
    acceptor_.close(ignored);
    while (!peers_.empty()) {
        const auto peer = *peers_.begin();
        peer->close();
        peer->abandon();
        peers_.erase(peer);
    }
}

}  // namespace riposte::simulator
