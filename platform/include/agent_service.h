// SPDX-License-Identifier: Apache-2.0
// The Wazuh or OSSEC agent as a service of this system, restarted by what it may itself have started.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

enum class AgentKind { Wazuh, Ossec };

// Where it is not as usual. Linux only.
struct AgentPlaces {
    // Empty: the system's own, if systemd runs. systemd-run is taken from the same directory.
    std::filesystem::path systemctl;
    std::filesystem::path home;  // empty: home_of_own_program(); its bin holds wazuh-control or ossec-control
};

// Names the agent that would be restarted and the means, as half a sentence ("the unit wazuh-agent.service by
// systemctl"). Looks for an agent of this kind first, then for one of the other kind. Error not_supported: there is no
// agent.
//
// Linux: a unit of systemd that is active (wazuh-agent, wazuh-manager, ossec, ossec-hids), else the control program,
// which must belong to root and be writable by nobody else, else a unit that is not active. Windows: the service
// WazuhSvc or OssecSvc. No other unit or service is ever touched, not even Riposte's own.
Result<std::string> find_agent_service(AgentKind kind, const AgentPlaces& places);

// Asks for the restart, and does not wait for it: it goes on when this process, or all that belongs to the agent's
// service, is ended by it. Says what was asked for, a whole sentence. Linux: a job of systemd, tried three times; or
// this program again, in a session of its own, which runs the control program: where systemd runs in a scope of its
// own, so that the agent that it starts belongs to no service that this process belongs to. Windows: this program
// again, in a process of its own, out of its job if the job allows that.
Result<std::string> restart_agent_service(AgentKind kind, const AgentPlaces& places);

// To be asked first in main(): if these are the arguments with which restart_agent_service() has started this process,
// does the restart, tried three times, and says what was restarted.
std::optional<Result<std::string>> continue_restart(const std::vector<std::string>& arguments);

}  // namespace riposte
