// SPDX-License-Identifier: Apache-2.0
// restart-ossec: restarts the agent, OSSEC's first.
#include "src/responses/restart_response.h"

int main(int argc, char** argv) {
    return riposte::run_restart_response(riposte::AgentKind::Ossec, argc, argv);
}
