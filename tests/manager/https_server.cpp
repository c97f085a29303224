// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/https_server.h"

#include "tests/manager/tcp.h"
#include "tests/manager/tls.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>

namespace riposte::simulator {

using boost::asio::ip::tcp;
using boost::system::error_code;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;

class HttpsSession : public std::enable_shared_from_this<HttpsSession> {
  public:
    HttpsSession(Core& core, HttpsApi& api, HttpsServer& server, tcp::socket socket, ssl::context& context)
        : core_(core), api_(api), server_(&server), stream_(std::move(socket), context) {
        error_code ignored;
        source_ = stream_.lowest_layer().remote_endpoint(ignored).address();
    }

    void start() {
        stream_.async_handshake(ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
            if (error) return self->close();
            self->read();
        });
    }

    void close() {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
        if (server_ != nullptr) std::exchange(server_, nullptr)->forget(shared_from_this());
    }
    // The server is gone.
    void abandon() {
        server_ = nullptr;
        close();
    }

  private:
    void read() {
        parser_.emplace();
        parser_->body_limit(HttpsApi::kLargestBody);
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const error_code& error, std::size_t) {
            const bool too_large = error == http::error::body_limit;
            if (error && !too_large) return self->close();
            self->answer(too_large);
        });
    }

    void answer(bool too_large) {
        const auto& message = parser_->get();
        HttpsRequest request{std::string(message.method_string()),
                             std::string(message.target()),
                             message.body(),
                             std::string(message[http::field::authorization]),
                             std::string(message["protocol-version"]),
                             std::string(message[http::field::content_encoding]),
                             source_,
                             too_large};
        const HttpsAnswer answer = api_.answer(request);
        if (core_.https.lose_answers > 0) {
            --core_.https.lose_answers;
            return close();
        }
        response_ = {};
        response_.version(message.version());
        response_.result(answer.status);
        response_.set(http::field::date, Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(core_.now()),
                                                                         Poco::DateTimeFormat::HTTP_FORMAT));
        response_.set(http::field::content_type, "application/json");
        response_.keep_alive(message.keep_alive() && !too_large);
        response_.body() = answer.body;
        response_.prepare_payload();
        http::async_write(stream_, response_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (error || !self->response_.keep_alive()) return self->say_goodbye();
            self->read();
        });
    }

    void say_goodbye() {
        stream_.async_shutdown([self = shared_from_this()](const error_code&) { self->close(); });
    }

    Core& core_;
    HttpsApi& api_;
    HttpsServer* server_;
    ssl::stream<tcp::socket> stream_;
    boost::asio::ip::address source_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

HttpsServer::HttpsServer(Core& core, HttpsApi& api)
    : core_(core), api_(api), context_(server_context(core.options, TLS1_3_VERSION, 0)), acceptor_(core.loop) {}

Result<std::uint16_t> HttpsServer::listen(std::uint16_t port) {
    const auto bound = listen_on(acceptor_, core_.options.address, port);
    if (bound) accept();
    return bound;
}

void HttpsServer::accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!error) {
            const auto session = std::make_shared<HttpsSession>(core_, api_, *this, std::move(socket), context_);
            sessions_.insert(session);
            session->start();
        }
        accept();
    });
}

void HttpsServer::close() {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& session : std::exchange(sessions_, {})) session->abandon();
}

}  // namespace riposte::simulator
