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
    std::filesystem::path systemctl;  // empty: the system's own, if systemd runs
    std::filesystem::path home;       // empty: default_home(); its bin holds wazuh-control or ossec-control
};

// What would be restarted and by what, half a sentence; an agent of this kind is looked for first, then one of the
// other. Error not_supported: there is none.
//
// Linux: a unit of systemd that is active (wazuh-agent, wazuh-manager, ossec, ossec-hids), else the control program,
// which must be root's and writable by nobody else, else a unit that is not active. Windows: the service WazuhSvc or
// OssecSvc.
Result<std::string> find_agent_service(AgentKind kind, const AgentPlaces& places);

// Asks for the restart, and does not wait for it: it goes on when this process, or all that belongs to the agent's
// service, is ended by it. Linux: a job of systemd, or the control program in a session of its own. Windows: this
// program again, in a process of its own, out of its job if the job allows that.
Result<void> restart_agent_service(AgentKind kind, const AgentPlaces& places);

// To be asked first in main(): if these are the arguments with which restart_agent_service() has started this process,
// does the restart and gives the exit code.
std::optional<int> continue_restart(const std::vector<std::string>& arguments);

}  // namespace riposte
