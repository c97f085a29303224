// SPDX-License-Identifier: Apache-2.0
// Whether an agent's own runner and Riposte would fight over the request socket.
#pragma once

#include <filesystem>
#include <string>

namespace riposte {

struct AgentRunner {
    // Absent: no agent is there, or its requests cannot be taken over on this system (Windows). Unknown: its ossec.conf
    // cannot be read, or makes no sense.
    enum class State { Absent, StandsAside, Fights, Unknown };
    State state = State::Absent;
    // For people: what was found, and where it is no good what to do about it.
    std::string text, remedy;
};

// Looks into the agent's ossec.conf below `home`; changes nothing.
AgentRunner examine_agent_runner(const std::filesystem::path& home);

}  // namespace riposte
