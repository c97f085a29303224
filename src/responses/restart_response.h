// SPDX-License-Identifier: Apache-2.0
// restart-wazuh and restart-ossec, which differ in the agent that they look for first.
#pragma once

#include "platform/include/agent_service.h"

namespace riposte {

// The whole executable; returns its exit code.
int run_restart_response(AgentKind kind, int argc, char** argv);

}  // namespace riposte
