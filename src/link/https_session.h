// SPDX-License-Identifier: Apache-2.0
// One stay with a Wazuh 5 manager over HTTPS: it is asked again and again whether there is something to do. Results
// have no way back on this channel. Loop thread.
// Source: wazuh branch 5.0.0 src/client-agent/https_client/src/controlStream.cpp,
// src/remoted_module/src/control/controlHandler.cpp.
#pragma once

#include "platform/include/clock.h"
#include "src/link/https_client.h"
#include "src/link/https_text.h"
#include "src/link/session.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace riposte {

struct HttpsOptions {
    std::string host;
    std::uint16_t port = 1517;
    TlsSettings tls;
    HostNotice facts;
    std::chrono::seconds ask_every{10};
    std::chrono::milliseconds stale_after{600'000};  // an older task is refused
};

class HttpsSession {
  public:
    // Tries of one request before the manager is given up.
    static constexpr int kTries = 4;

    HttpsSession(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, const AgentKey& key,
                 HttpsOptions plan, ManagerSession::Owner& owner);
    ~HttpsSession();
    HttpsSession(const HttpsSession&) = delete;
    HttpsSession& operator=(const HttpsSession&) = delete;

    void start();
    // Says goodbye, as far as the loop goes on meanwhile, and ends without session_over().
    void stop();
    bool is_up() const { return is_up_; }
    // The owner has room again.
    void continue_reading();
    const ManagerSession::Facts& facts() const { return facts_; }

  private:
    void say_startup();
    void ask();
    void ask_later();
    // Signs, sends, corrects the clock once, and tries again when the manager is busy. `then` is told of an answer with
    // status 200 or one that trying again does not change.
    using Then = std::function<void(HttpsClient::Response)>;
    void post(std::string body, Then then, int tries = 1, bool may_correct = true);
    void try_later(std::string body, Then then, int tries, const std::string& problem);
    void take(const HttpsClient::Response& response);
    void take_task(const Task& task);
    bool is_stale(const Task& task) const;
    void end(SessionEnd::Why why, std::string text);
    WallTime manager_time() const;

    const Clock& clock_;
    LinkStore& store_;
    const AgentKey key_;
    const HttpsOptions plan_;
    ManagerSession::Owner& owner_;
    const std::shared_ptr<HttpsClient> client_;
    boost::asio::steady_timer timer_;
    bool is_up_ = false;
    bool is_over_ = false;
    bool is_paused_ = false;
    std::chrono::seconds clock_offset_{0};  // how far the manager's clock is ahead of ours
    ManagerSession::Facts facts_;
    Alive alive_;
};

}  // namespace riposte
