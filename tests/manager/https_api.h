// SPDX-License-Identifier: Apache-2.0
// The manager's answers over HTTPS: /control, /download and /enroll (Wazuh 5:
// remoted_module/src/control/controlHandler.cpp).
#pragma once

#include "tests/manager/core.h"
#include "tests/manager/file_push.h"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>

namespace riposte::simulator {

struct HttpsRequest {
    std::string method;
    std::string target;
    std::string body;
    std::string authorization;
    std::string protocol_version;
    std::string content_encoding;
    boost::asio::ip::address source;
    bool too_large = false;  // the body was not read to its end
};

struct HttpsAnswer {
    unsigned status = 200;
    std::string body;
};

class HttpsApi {
  public:
    static constexpr std::size_t kLargestBody = 64 * 1024;

    HttpsApi(Core& core, const FilePush& files) : core_(core), files_(files) {}

    HttpsAnswer answer(const HttpsRequest& request);

  private:
    Agent* signer_of(const HttpsRequest& request);
    HttpsAnswer control(Agent& agent, const HttpsRequest& request);
    HttpsAnswer startup(Agent& agent, const boost::json::object& message);
    HttpsAnswer notify(Agent& agent, const boost::json::object& message);
    HttpsAnswer download(const HttpsRequest& request) const;
    HttpsAnswer enrol(const HttpsRequest& request);
    bool may_enrol(const HttpsRequest& request) const;

    Core& core_;
    const FilePush& files_;
};

}  // namespace riposte::simulator
