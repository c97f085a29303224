// SPDX-License-Identifier: Apache-2.0
// Questions to an agent and its answers: "#!-req" (Wazuh src/remoted/request.c).
#pragma once

#include "tests/manager/sender.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace riposte::simulator {

class Requests {
  public:
    // Called once, on the loop's thread: the answer, or why there is none.
    using Answered = std::function<void(Result<std::string>)>;

    Requests(Core& core, Sender& sender) : core_(core), sender_(sender) {}

    // `text` is the target and its command. Over UDP it is repeated until there is an ack or an answer.
    void ask(const std::string& agent, const std::string& text, std::chrono::milliseconds limit, Answered answered);
    // Takes an agent's answer; `text` is the part behind "#!-req ". False if it is malformed, or answers a request to
    // another agent.
    bool on_message(Agent& agent, std::string_view text);

  private:
    struct Pending {
        Pending(Core& core, std::string id, std::string text, Answered then)
            : agent(std::move(id)),
              message(std::move(text)),
              answered(std::move(then)),
              repeat(core.loop),
              limit(core.loop) {}
        std::string agent;
        std::string message;
        Answered answered;
        boost::asio::steady_timer repeat;
        boost::asio::steady_timer limit;
    };

    void repeat_later(const std::string& counter, Pending& pending);
    void end(const std::string& counter, Result<std::string> answer);

    Core& core_;
    Sender& sender_;
    unsigned last_ = 0;
    std::map<std::string, std::unique_ptr<Pending>> pending_;
};

}  // namespace riposte::simulator
