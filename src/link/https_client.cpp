// SPDX-License-Identifier: Apache-2.0
#include "src/link/https_client.h"

#include "src/link/https_text.h"
#include "src/link/tls.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace riposte {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

class BeastClient final : public HttpsClient, public std::enable_shared_from_this<BeastClient> {
  public:
    BeastClient(boost::asio::io_context& loop, std::string host, std::uint16_t port, TlsSettings tls)
        : loop_(loop),
          host_(std::move(host)),
          port_(port),
          peer_(host_ + " port " + std::to_string(port)),
          tls_(std::move(tls)) {}

    void post(Request request, Done done) override {
        done_ = std::move(done);
        request_ = http::request<http::string_body>(http::verb::post, request.target, 11);
        request_.set(http::field::host, host_ + ":" + std::to_string(port_));
        request_.set(http::field::content_type, "application/json");
        request_.set("protocol-version", std::string(kHttpsProtocolVersion));
        if (!request.authorization.empty()) request_.set(http::field::authorization, request.authorization);
        request_.body() = std::move(request.body);
        request_.prepare_payload();
        // A connection that was kept may have been closed meanwhile; that is no failure of the manager's.
        may_reconnect_ = stream_ != nullptr;
        if (stream_) {
            write();
        } else {
            connect();
        }
    }
    std::string local_address() const override {
        if (!stream_) return {};
        error_code none;
        const auto endpoint = stream_->next_layer().socket().local_endpoint(none);
        return none ? std::string() : endpoint.address().to_string();
    }
    void close() override {
        done_ = nullptr;
        if (connector_) connector_->cancel();
        drop();
    }

  private:
    void drop() {
        // Handlers that still wait on the stream are called with an error. They return at once, because done_ is empty
        // or stream_ is no longer theirs. cancel() comes before close() for the reason given in transport.cpp.
        if (stream_) {
            stream_->next_layer().cancel();
            stream_->next_layer().close();
        }
        stream_.reset();
        buffer_.clear();
    }

    void connect() {
        connector_ = TlsConnector::start(loop_, host_, port_, tls_, TlsVersion::From13, kPatienceSeconds,
                                         [self = shared_from_this()](Result<std::unique_ptr<TlsStream>> stream) {
                                             if (!self->done_) return;
                                             if (!stream) return self->finish(stream.error());
                                             self->stream_ = std::shared_ptr<TlsStream>(std::move(*stream));
                                             self->write();
                                         });
    }

    // The stream is held by its handlers too, so that it outlives them.
    void write() {
        stream_->next_layer().expires_after(std::chrono::seconds(kPatienceSeconds));
        http::async_write(*stream_, request_,
                          [self = shared_from_this(), stream = stream_](const error_code& error, std::size_t) {
                              if (!self->done_ || stream != self->stream_) return;
                              if (error) return self->broken(error, "send to ");
                              self->read();
                          });
    }

    void read() {
        parser_.emplace();
        parser_->body_limit(kMaxHttpsAnswerBytes);
        http::async_read(*stream_, buffer_, *parser_,
                         [self = shared_from_this(), stream = stream_](const error_code& error, std::size_t) {
                             if (!self->done_ || stream != self->stream_) return;
                             if (error) return self->broken(error, "read the answer of ");
                             self->answered();
                         });
    }

    void answered() {
        stream_->next_layer().expires_never();
        http::response<http::string_body> message = parser_->release();
        Response response{static_cast<int>(message.result_int()), std::move(message.body()),
                          std::string(message[http::field::date])};
        if (!message.keep_alive()) drop();
        finish(std::move(response));
    }

    void broken(const error_code& error, const std::string& doing) {
        drop();
        if (std::exchange(may_reconnect_, false)) return connect();
        finish(Error{error, doing + peer_});
    }

    void finish(Result<Response> result) {
        const Done done = std::exchange(done_, nullptr);
        done(std::move(result));
    }

    boost::asio::io_context& loop_;
    const std::string host_;
    const std::uint16_t port_;
    const std::string peer_;
    const TlsSettings tls_;
    std::shared_ptr<TlsConnector> connector_;
    std::shared_ptr<TlsStream> stream_;
    http::request<http::string_body> request_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::response_parser<http::string_body>> parser_;
    bool may_reconnect_ = false;
    Done done_;
};

}  // namespace

std::shared_ptr<HttpsClient> HttpsClient::make(boost::asio::io_context& loop, std::string host, std::uint16_t port,
                                               TlsSettings tls) {
    return std::make_shared<BeastClient>(loop, std::move(host), port, std::move(tls));
}

}  // namespace riposte
