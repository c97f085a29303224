// SPDX-License-Identifier: Apache-2.0
// Shared files: "up file", chunks of 900 bytes, "close file" (Wazuh src/remoted/manager.c, send_file_toagent).
#pragma once

#include "tests/manager/sender.h"

#include <cstdint>
#include <string>

namespace riposte::simulator {

class FilePush {
  public:
    FilePush(Core& core, Sender& sender) : core_(core), sender_(sender) {}

    // A file under any name and sum. Over UDP with pauses.
    Result<void> push(Agent& agent, const std::string& name, const std::string& sum, const std::string& content);
    // merged.mg, if the agent's sum is another one.
    void offer(Agent& agent);
    // Chunks without an end, until the agent is gone or stop_endless().
    Result<void> push_endless(Agent& agent);
    void stop_endless() { ++endless_; }

    std::string merged() const;

  private:
    struct Job;
    void go_on(const std::shared_ptr<Job>& job);
    void pump(const std::string& id, std::uint64_t generation);

    Core& core_;
    Sender& sender_;
    std::uint64_t endless_ = 0;  // a new number ends the one that runs
};

}  // namespace riposte::simulator
