// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_takeover.h"

#include <system_error>

namespace riposte {

namespace fs = std::filesystem;

Result<void> can_take_over() {
    return failure(std::errc::not_supported,
                   "not supported on Windows: the agent hands its requests to its own runner inside one process, so no "
                   "other program can receive them there; Riposte gets them from a manager of its own (<manager>) or "
                   "from the command line");
}

fs::path default_units() {
    return {};
}

Result<std::vector<std::string>> listen_for_agent(const fs::path&, const fs::path&) {
    return can_take_over().error();
}

Result<std::vector<std::string>> listen_for_none(const fs::path&, const fs::path&) {
    return can_take_over().error();
}

}  // namespace riposte
