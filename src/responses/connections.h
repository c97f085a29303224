// SPDX-License-Identifier: Apache-2.0
// Ending what an address or user has going on, for kill-sessions and for the executables that block.
#pragma once

#include "src/responses/response.h"

#include <string>

namespace riposte {

// The option of the blocking executables, which a request may set too.
inline constexpr Option kKillSessions{"--kill-sessions", "", "ends its connections too, once it is blocked", true};

// Nothing if it was not asked for.
Answer<void> end_connections_if_asked(const Task& task, const std::string& network);

}  // namespace riposte
