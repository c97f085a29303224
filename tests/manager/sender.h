// SPDX-License-Identifier: Apache-2.0
// From the manager to an agent: sealed in the method of the agent's last message, with the one counter of all agents.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/core.h"

#include <string>
#include <string_view>

namespace riposte::simulator {

class Sender {
  public:
    explicit Sender(Core& core) : core_(core) {}

    // An error if the agent is not connected or has not been heard from; what it never gets is lost, as with a real
    // manager.
    Result<void> send(Agent& agent, std::string_view payload);
    Result<void> send_block(Agent& agent, const std::string& block);
    // The block of a payload as it would be sent now; counts.
    std::string seal(Agent& agent, std::string_view payload);

  private:
    Core& core_;
};

}  // namespace riposte::simulator
