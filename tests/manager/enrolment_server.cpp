// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/enrolment_server.h"

#include "tests/manager/enrolment.h"
#include "tests/manager/tcp.h"
#include "tests/manager/tls.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>

namespace riposte::simulator {

using boost::asio::ip::tcp;
using boost::system::error_code;
namespace ssl = boost::asio::ssl;

namespace {

constexpr std::chrono::seconds kEnrolmentLimit{30};

class EnrolmentSession : public std::enable_shared_from_this<EnrolmentSession> {
  public:
    EnrolmentSession(Core& core, tcp::socket socket, ssl::context& context)
        : core_(core), limit_(core.loop, kEnrolmentLimit), stream_(std::move(socket), context) {
        error_code ignored;
        source_ = stream_.lowest_layer().remote_endpoint(ignored).address();
    }

    void start() {
        limit_.async_wait([weak = weak_from_this()](const error_code& error) {
            const auto self = weak.lock();
            if (!error && self) self->hang_up();
        });
        stream_.async_handshake(ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
            if (!error) return self->read();
            self->core_.tell("enrolment failed", {{"reason", error.message()}});
            self->hang_up();
        });
    }

  private:
    void read() {
        stream_.async_read_some(boost::asio::buffer(chunk_),
                                [self = shared_from_this()](const error_code& error, std::size_t size) {
                                    if (error) return self->hang_up();
                                    self->request_.append(self->chunk_.data(), size);
                                    self->look();
                                });
    }

    // Wazuh waits for the end of the line, OSSEC reads once.
    void look() {
        const std::size_t most = core_.is_wazuh() ? kLargestWazuhEnrolment : kLargestOssecEnrolment;
        if (request_.size() > most) return hang_up();
        if (core_.is_wazuh() && request_.find('\n') == std::string::npos) return read();
        answer_ = answer_enrolment(core_, request_, source_);
        if (answer_.empty()) return hang_up();
        boost::asio::async_write(stream_, boost::asio::buffer(answer_),
                                 [self = shared_from_this()](const error_code& error, std::size_t) {
                                     if (error) return self->hang_up();
                                     self->say_goodbye();
                                 });
    }

    void say_goodbye() {
        stream_.async_shutdown([self = shared_from_this()](const error_code&) { self->hang_up(); });
    }

    void hang_up() {
        error_code ignored;
        limit_.cancel();
        stream_.lowest_layer().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.lowest_layer().close(ignored);
    }

    Core& core_;
    boost::asio::steady_timer limit_;
    ssl::stream<tcp::socket> stream_;
    boost::asio::ip::address source_;
    std::array<char, 4096> chunk_{};
    std::string request_;
    std::string answer_;
};

int highest_tls(const Options& options) {
    return options.kind == Kind::Ossec ? TLS1_2_VERSION : 0;
}

}  // namespace

EnrolmentServer::EnrolmentServer(Core& core)
    : core_(core),
      context_(server_context(core.options, TLS1_2_VERSION, highest_tls(core.options))),
      acceptor_(core.loop) {}

Result<std::uint16_t> EnrolmentServer::listen(std::uint16_t port) {
    const auto bound = listen_on(acceptor_, core_.options.address, port);
    if (bound) accept();
    return bound;
}

void EnrolmentServer::close() {
    error_code ignored;
    acceptor_.close(ignored);
}

void EnrolmentServer::accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!error) std::make_shared<EnrolmentSession>(core_, std::move(socket), context_)->start();
        accept();
    });
}

}  // namespace riposte::simulator
