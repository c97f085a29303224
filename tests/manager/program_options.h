// SPDX-License-Identifier: Apache-2.0
// The command line of manager_simulator.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/types.h"

#include <string>
#include <vector>

namespace riposte::simulator {

struct ProgramOptions {
    Options options;
    std::vector<KeyEntry> agents;  // known from the start
    bool help = false;
};

// An error names the option and what it wants.
Result<ProgramOptions> parse_program_options(const std::vector<std::string>& arguments);
std::string program_help();

}  // namespace riposte::simulator
