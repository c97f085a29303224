// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over TLS 1.3.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/https_api.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <set>

namespace riposte::simulator {

class HttpsSession;

class HttpsServer {
  public:
    HttpsServer(Core& core, HttpsApi& api);
    ~HttpsServer() { close(); }
    HttpsServer(const HttpsServer&) = delete;
    HttpsServer& operator=(const HttpsServer&) = delete;

    Result<std::uint16_t> listen(std::uint16_t port);
    // Closes all connections too.
    void close();
    void forget(const std::shared_ptr<HttpsSession>& session) { sessions_.erase(session); }

  private:
    void accept();

    Core& core_;
    HttpsApi& api_;
    boost::asio::ssl::context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::set<std::shared_ptr<HttpsSession>> sessions_;
};

}  // namespace riposte::simulator
