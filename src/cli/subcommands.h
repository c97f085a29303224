// SPDX-License-Identifier: Apache-2.0
// All subcommands, each from the file that carries its name or its subject.
#pragma once

#include "src/cli/command_line.h"

#include <vector>

namespace riposte {

Subcommand serve_subcommand();
Subcommand check_subcommand();
Subcommand run_subcommand();
Subcommand send_subcommand();
Subcommand pending_subcommand();
Subcommand undo_subcommand();
Subcommand extend_subcommand();
Subcommand abandon_subcommand();
Subcommand forget_subcommand();
Subcommand history_subcommand();
Subcommand commands_subcommand();
Subcommand status_subcommand();
Subcommand reload_subcommand();
Subcommand service_subcommand();
Subcommand enroll_subcommand();
Subcommand adopt_subcommand();
Subcommand release_subcommand();
Subcommand doctor_subcommand();

// In the order of the overview.
std::vector<Subcommand> all_subcommands();

}  // namespace riposte
