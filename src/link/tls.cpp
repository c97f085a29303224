// SPDX-License-Identifier: Apache-2.0
#include "src/link/tls.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include <chrono>
#include <openssl/ssl.h>
#include <utility>

namespace riposte {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using boost::system::error_code;

Error bad_file(const error_code& error, const std::string& what, const std::filesystem::path& file) {
    return failure("read the " + what + " " + file.string() + ": " + error.message() +
                   "; it must be a readable PEM file");
}

// Error: a file cannot be read, or is no certificate or key; it names the file.
Result<std::shared_ptr<ssl::context>> make_tls_context(const TlsSettings& settings, TlsVersion version) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(),
                                  version == TlsVersion::From13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    error_code error;
    if (!settings.ca.empty()) {
        context->load_verify_file(settings.ca.string(), error);
        if (error) return bad_file(error, "CA certificate", settings.ca);
    }
    if (!settings.certificate.empty()) {
        context->use_certificate_chain_file(settings.certificate.string(), error);
        if (error) return bad_file(error, "agent's certificate", settings.certificate);
        context->use_private_key_file(settings.key.string(), ssl::context::pem, error);
        if (error) return bad_file(error, "key of the agent's certificate", settings.key);
    }
    return context;
}

// Before the handshake: sets the server name (SNI) unless `host` is an IP address, and how the peer's certificate is
// verified. Without a CA file any certificate is accepted; with one, it must be valid for that CA and for `host`.
void expect_peer(TlsStream& stream, const TlsSettings& settings, const std::string& host) {
    error_code not_an_address;
    boost::asio::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    error_code ignored;
    if (settings.ca.empty()) {
        stream.set_verify_mode(ssl::verify_none, ignored);
    } else {
        stream.set_verify_mode(ssl::verify_peer, ignored);
        stream.set_verify_callback(ssl::host_name_verification(host), ignored);
    }
}

std::string handshake_failure(const std::string& peer, const error_code& error, const TlsSettings& settings) {
    std::string text = "TLS with " + peer + ": " + error.message();
    if (!settings.ca.empty() && error.message().find("certificate verify failed") != std::string::npos) {
        text += "; the certificate is not from " + settings.ca.string() +
                " or not for this name: check <server_ca_path> and the address, or the manager's certificate";
    } else if (error.message().find("wrong version") != std::string::npos ||
               error.message().find("unsupported protocol") != std::string::npos) {
        text += "; is the port the right one?";
    }
    return text;
}

class Connector final : public TlsConnector, public std::enable_shared_from_this<Connector> {
  public:
    Connector(boost::asio::io_context& loop, const std::string& host, std::uint16_t port, TlsSettings settings,
              std::shared_ptr<ssl::context> context, int patience_seconds, Done done)
        : loop_(loop),
          host_(host),
          peer_(host + " port " + std::to_string(port)),
          settings_(std::move(settings)),
          context_(std::move(context)),
          patience_(patience_seconds),
          done_(std::move(done)),
          resolver_(loop),
          stream_(std::make_unique<TlsStream>(loop, *context_)) {}

    void begin(std::uint16_t port) {
        resolver_.async_resolve(
            host_, std::to_string(port),
            [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
                if (!self->done_) return;
                if (error) return self->finish(Error{error, "find " + self->host_});
                self->connect(found);
            });
    }
    void give_up(const Error& error) {
        boost::asio::post(loop_, [self = shared_from_this(), error] {
            if (self->done_) self->finish(error);
        });
    }
    void cancel() override {
        done_ = nullptr;
        resolver_.cancel();
        if (stream_) stream_->next_layer().cancel();
    }

  private:
    void connect(const tcp::resolver::results_type& found) {
        stream_->next_layer().expires_after(patience_);
        stream_->next_layer().async_connect(found,
                                            [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                                                if (!self->done_) return;
                                                if (error)
                                                    return self->finish(Error{error, "connect to " + self->peer_});
                                                self->shake_hands();
                                            });
    }

    void shake_hands() {
        expect_peer(*stream_, settings_, host_);
        stream_->next_layer().expires_after(patience_);
        stream_->async_handshake(ssl::stream_base::client, [self = shared_from_this()](const error_code& error) {
            if (!self->done_) return;
            if (error) return self->finish(failure(handshake_failure(self->peer_, error, self->settings_)));
            self->finish(std::move(self->stream_));
        });
    }

    void finish(Result<std::unique_ptr<TlsStream>> result) {
        const Done done = std::exchange(done_, nullptr);
        done(std::move(result));
    }

    boost::asio::io_context& loop_;
    const std::string host_, peer_;
    const TlsSettings settings_;
    const std::shared_ptr<ssl::context> context_;
    const std::chrono::seconds patience_;
    Done done_;
    tcp::resolver resolver_;
    std::unique_ptr<TlsStream> stream_;
};

}  // namespace

std::shared_ptr<TlsConnector> TlsConnector::start(boost::asio::io_context& loop, const std::string& host,
                                                  std::uint16_t port, const TlsSettings& settings, TlsVersion version,
                                                  int patience_seconds, Done done) {
    auto context = make_tls_context(settings, version);
    auto usable = context ? *context : std::make_shared<ssl::context>(ssl::context::tls_client);
    auto connector =
        std::make_shared<Connector>(loop, host, port, settings, std::move(usable), patience_seconds, std::move(done));
    if (context) {
        connector->begin(port);
    } else {
        connector->give_up(context.error());
    }
    return connector;
}

}  // namespace riposte
