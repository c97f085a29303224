// SPDX-License-Identifier: Apache-2.0
// Classic enrolment: one TLS connection, one request, one answer.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/core.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace riposte::simulator {

class EnrolmentServer {
  public:
    explicit EnrolmentServer(Core& core);
    ~EnrolmentServer() { close(); }
    EnrolmentServer(const EnrolmentServer&) = delete;
    EnrolmentServer& operator=(const EnrolmentServer&) = delete;

    Result<std::uint16_t> listen(std::uint16_t port);
    // Connections that are open end by themselves.
    void close();

  private:
    void accept();

    Core& core_;
    boost::asio::ssl::context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace riposte::simulator
