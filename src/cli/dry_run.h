// SPDX-License-Identifier: Apache-2.0
// Shows how a request would be carried out. Runs nothing and needs no service.
#pragma once

#include "src/cli/command_line.h"
#include "src/cli/places.h"

#include <string>
#include <vector>

namespace riposte {

// Prints what would be run, told and undone for each message, or why it would be refused (exit code 4).
int dry_run(const Invocation& invocation, const Setup& setup, const std::vector<std::string>& messages);

}  // namespace riposte
