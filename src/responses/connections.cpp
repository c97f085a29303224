// SPDX-License-Identifier: Apache-2.0
#include "src/responses/connections.h"

#include "platform/include/sessions.h"

namespace riposte {

Answer<void> end_connections_if_asked(const Task& task, const std::string& network) {
    if (!is_set(task.settings, kKillSessions.name)) return {};
    const auto ended = end_connections(network);
    if (ended) return {};
    Failure result = failed(ended.error());
    result.text = network + " is blocked, but what it had going on was not ended: " + result.text;
    return result;
}

}  // namespace riposte
