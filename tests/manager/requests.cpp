// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/requests.h"

#include <cstdio>

namespace riposte::simulator {

void Requests::ask(const std::string& agent, const std::string& text, std::chrono::milliseconds limit,
                   Answered answered) {
    Agent* known = core_.registry.find(agent);
    if (!core_.is_wazuh()) return answered(failure("OSSEC has no requests"));
    if (known == nullptr) return answered(failure("agent " + agent + " is unknown"));
    char counter[16];
    std::snprintf(counter, sizeof counter, "%x", ++last_);
    const std::string message = "#!-req " + std::string(counter) + " " + text;
    const auto sent = sender_.send(*known, message);
    if (!sent) return answered(sent.error());
    auto& pending = *(pending_[counter] = std::make_unique<Pending>(core_, agent, message, std::move(answered)));
    pending.limit.expires_after(limit);
    pending.limit.async_wait([this, key = std::string(counter)](const boost::system::error_code& error) {
        if (!error) end(key, failure("no answer in time"));
    });
    if (!known->peer->is_stream()) repeat_later(counter, pending);
}

void Requests::repeat_later(const std::string& counter, Pending& pending) {
    pending.repeat.expires_after(core_.options.request_repeat);
    pending.repeat.async_wait([this, counter](const boost::system::error_code& error) {
        const auto found = pending_.find(counter);
        if (error || found == pending_.end()) return;
        if (Agent* agent = core_.registry.find(found->second->agent))
            static_cast<void>(sender_.send(*agent, found->second->message));
        repeat_later(counter, *found->second);
    });
}

bool Requests::on_message(Agent& agent, std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return false;
    const std::string counter(text.substr(0, space));
    const std::string_view answer = text.substr(space + 1);
    const auto found = pending_.find(counter);
    if (found != pending_.end() && found->second->agent != agent.view.key.id) return false;
    const bool over_udp = agent.peer != nullptr && !agent.peer->is_stream();
    if (over_udp && answer == "ack") {
        if (found != pending_.end()) found->second->repeat.cancel();
        return true;
    }
    // Each time it comes: the ack before may have been lost.
    if (over_udp) static_cast<void>(sender_.send(agent, "#!-req " + counter + " ack"));
    if (found != pending_.end()) end(counter, std::string(answer));
    return true;
}

void Requests::end(const std::string& counter, Result<std::string> answer) {
    const auto found = pending_.find(counter);
    if (found == pending_.end()) return;
    const auto answered = std::move(found->second->answered);
    boost::json::object told{{"id", found->second->agent}, {"request", found->second->message}};
    if (answer) told["answer"] = *answer;
    if (!answer) told["error"] = answer.error().text();
    core_.tell("request", std::move(told));
    pending_.erase(found);
    answered(std::move(answer));
}

}  // namespace riposte::simulator
