// SPDX-License-Identifier: Apache-2.0
// POST requests to a Wazuh 5 manager over TLS 1.3, one at a time over one connection that is kept as long as it holds.
// Loop thread. Source: wazuh branch 5.0.0 src/remoted_module/src.
#pragma once

#include "platform/include/event_loop.h"
#include "platform/include/result.h"
#include "src/link/enrolment.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace riposte {

class HttpsClient {
  public:
    static constexpr int kPatienceSeconds = 30;

    struct Request {
        std::string target;         // "/control"
        std::string authorization;  // the header's value; empty: none
        std::string body;           // JSON
    };
    struct Response {
        int status = 0;
        std::string body;  // at most kMaxHttpsAnswerBytes (https_text.h); a longer one is an Error
        std::string date;  // the header's value
    };
    using Done = std::function<void(Result<Response>)>;

    static std::shared_ptr<HttpsClient> make(boost::asio::io_context& loop, std::string host, std::uint16_t port,
                                             TlsSettings tls);
    virtual ~HttpsClient() = default;
    // When no other is under way. `done` is called later, once, unless close() came before.
    virtual void post(Request request, Done done) = 0;
    // Of the connection, if there is one: this end's address as text.
    virtual std::string local_address() const = 0;
    virtual void close() = 0;
};

}  // namespace riposte
