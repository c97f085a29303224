// SPDX-License-Identifier: Apache-2.0
// Receiving an agent's requests in the place of its own runner: what that takes beside the agent's configuration.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace riposte {

// Error not_supported, and why, where an agent's requests cannot be received by another program. Linux: it can be.
// Windows: not_supported; the agent hands requests to its runner inside one process.
Result<void> can_take_over();

// Where an administrator's own changes of the service's units are. Linux: /etc/systemd/system. Windows: empty.
std::filesystem::path default_units();

// Makes the socket unit listen at HOME's request sockets, with the agent's group, from its next start on; nothing is
// started or stopped. Where `units` does not exist, there is no service manager, and the service listens there by
// itself. Returns the commands that are left to be run by an administrator, in order.
Result<std::vector<std::string>> listen_for_agent(const std::filesystem::path& units,
                                                  const std::filesystem::path& home);
// Takes that back.
Result<std::vector<std::string>> listen_for_none(const std::filesystem::path& units, const std::filesystem::path& home);

}  // namespace riposte
