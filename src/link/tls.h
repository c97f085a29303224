// SPDX-License-Identifier: Apache-2.0
// TLS to a manager. Private to src/link.
#pragma once

#include "platform/include/result.h"
#include "src/link/enrolment.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace riposte {

// Its tcp_stream ends what takes too long.
using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream>;

enum class TlsVersion { From12, From13 };

// Connects and shakes hands, each within `patience_seconds`: a connection at a time. With a CA in the settings the
// manager's certificate must be of that CA and for `host`. The Error of a failed handshake says what it means: a wrong
// CA, a wrong name, no TLS at all.
class TlsConnector {
  public:
    using Done = std::function<void(Result<std::unique_ptr<TlsStream>>)>;
    // `done` is called later, once, unless the returned object is destroyed before.
    static std::shared_ptr<TlsConnector> start(boost::asio::io_context& loop, const std::string& host,
                                               std::uint16_t port, const TlsSettings& settings, TlsVersion version,
                                               int patience_seconds, Done done);
    virtual ~TlsConnector() = default;
    virtual void cancel() = 0;
};

}  // namespace riposte
