// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/raw_agent.h"

#include "tests/manager/cipher.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

namespace riposte::simulator {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kDatagramBuffer = 70000;

}  // namespace

RawAgent::RawAgent(KeyEntry key, Method method, Transport transport, std::uint16_t port)
    : key_(std::move(key)),
      keys_(key_text(key_)),
      method_(method),
      transport_(transport),
      manager_(asio::ip::address_v4::loopback(), port) {
    if (transport == Transport::Tcp) {
        tcp_.connect({asio::ip::address_v4::loopback(), port});
    } else {
        udp_.open(asio::ip::udp::v4());
        udp_.bind({asio::ip::address_v4::loopback(), 0});
    }
}

std::string RawAgent::seal(std::string_view payload) {
    counter.advance();
    return "!" + key_.id + "!" + seal_block(payload, keys_, method_, counter);
}

void RawAgent::send(std::string_view payload) {
    send_block(seal(payload));
}

void RawAgent::send_block(const std::string& block) {
    error_code ignored;
    if (transport_ == Transport::Udp) {
        udp_.send_to(asio::buffer(block), manager_, 0, ignored);
        return;
    }
    std::string frame;
    for (unsigned shift = 0; shift < 32; shift += 8) frame += static_cast<char>(block.size() >> shift & 0xffU);
    send_unframed(frame + block);
}

void RawAgent::send_unframed(const std::string& bytes) {
    error_code ignored;
    asio::write(tcp_, asio::buffer(bytes), ignored);
}

// Runs what has been begun, until it is done.
bool RawAgent::run(Limit limit) {
    loop_.restart();
    loop_.run_for(limit);
    timed_out_ = !loop_.stopped();
    if (!timed_out_) return !last_error_;
    error_code ignored;
    if (transport_ == Transport::Tcp) tcp_.cancel(ignored);
    if (transport_ == Transport::Udp) udp_.cancel(ignored);
    loop_.run();
    return false;
}

std::optional<std::string> RawAgent::receive_unframed(std::size_t size, Limit limit) {
    buffer_.assign(size, '\0');
    asio::async_read(tcp_, asio::buffer(buffer_),
                     [this](const error_code& error, std::size_t) { last_error_ = error; });
    if (!run(limit)) return std::nullopt;
    return buffer_;
}

std::optional<std::string> RawAgent::receive_block(Limit limit) {
    if (transport_ == Transport::Udp) {
        buffer_.assign(kDatagramBuffer, '\0');
        std::size_t received = 0;
        udp_.async_receive(asio::buffer(buffer_), [&](const error_code& error, std::size_t size) {
            last_error_ = error;
            received = size;
        });
        if (!run(limit)) return std::nullopt;
        return buffer_.substr(0, received);
    }
    const auto head = receive_unframed(4, limit);
    if (!head) return std::nullopt;
    std::size_t size = 0;
    for (unsigned i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>((*head)[i])) << 8U * i;
    return receive_unframed(size, limit);
}

std::optional<std::string> RawAgent::receive(Limit limit) {
    const auto block = receive_block(limit);
    if (!block) return std::nullopt;
    auto opened = open_block(*block, keys_, method_ == Method::AesIv ? Method::AesIv : Method::Aes);
    if (!opened) return std::nullopt;
    last_received = opened->counter;
    return std::move(opened->payload);
}

bool RawAgent::is_closed(Limit limit) {
    return !receive_unframed(1, limit) && !timed_out_;
}

std::string RawAgent::keepalive(const std::string& sum) const {
    return "#!-Linux |host |6.1 |1 |x86_64 [Debian GNU/Linux|debian: 12 (bookworm)] - Wazuh v4.3.0 / "
           "ab73af41699f13fdd81903b5f23d8d00\n\"team\":red\n" +
           sum + " merged.mg\n#\"_agent_ip\":127.0.0.1\n";
}

bool RawAgent::join(const std::string& startup) {
    send(startup);
    const auto started = receive();
    if (!started || !started->starts_with("#!-agent ack ")) return false;
    send(keepalive());
    return receive() == "#!-agent ack ";
}

std::optional<std::string> call_tls(const TlsCall& call) {
    asio::io_context loop;
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), call.lowest);
    SSL_CTX_set_max_proto_version(context.native_handle(), call.highest);
    if (call.own) {
        context.use_certificate_chain(asio::buffer(call.own->certificate));
        context.use_private_key(asio::buffer(call.own->key), asio::ssl::context::pem);
    }
    if (!call.authority.empty()) {
        context.add_certificate_authority(asio::buffer(call.authority));
        context.set_verify_mode(asio::ssl::verify_peer);
        context.set_verify_callback(asio::ssl::host_name_verification(call.name));
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(loop, context);
    error_code error;
    stream.lowest_layer().connect({asio::ip::address_v4::loopback(), call.port}, error);
    if (!error) stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return std::nullopt;
    asio::write(stream, asio::buffer(call.text), error);
    // With TLS 1.3 the server's refusal of a certificate comes only now.
    std::string answer;
    asio::read(stream, asio::dynamic_buffer(answer), error);
    const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
    return ended || !answer.empty() ? std::optional(answer) : std::nullopt;
}

}  // namespace riposte::simulator
