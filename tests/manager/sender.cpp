// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/sender.h"

namespace riposte::simulator {

std::string Sender::seal(Agent& agent, std::string_view payload) {
    core_.sent.advance();
    const std::string& keys = agent.wrong_keys.empty() ? agent.keys : agent.wrong_keys;
    return seal_block(payload, keys, agent.view.method.value_or(Method::Blowfish), core_.sent);
}

Result<void> Sender::send(Agent& agent, std::string_view payload) {
    if (agent.peer == nullptr) return failure("agent " + agent.view.key.id + " is not connected");
    if (payload.size() > kLargestPayload) return failure("Incorrect message size");
    return send_block(agent, seal(agent, payload));
}

Result<void> Sender::send_block(Agent& agent, const std::string& block) {
    const std::string& id = agent.view.key.id;
    if (agent.peer == nullptr) return failure("agent " + id + " is not connected");
    if (std::chrono::steady_clock::now() - agent.heard > core_.options.disconnected_after)
        return failure("agent " + id + " has not been heard from");
    if (agent.frozen) return {};  // the manager does not know that nothing arrives
    agent.last_block = block;
    agent.peer->send(block);
    return {};
}

}  // namespace riposte::simulator
