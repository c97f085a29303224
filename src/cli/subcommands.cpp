// SPDX-License-Identifier: Apache-2.0
#include "src/cli/subcommands.h"

namespace riposte {

std::vector<Subcommand> all_subcommands() {
    return {serve_subcommand(),   check_subcommand(),   run_subcommand(),      send_subcommand(),
            pending_subcommand(), undo_subcommand(),    extend_subcommand(),   abandon_subcommand(),
            forget_subcommand(),  history_subcommand(), commands_subcommand(), status_subcommand(),
            reload_subcommand(),  service_subcommand(), enroll_subcommand(),   adopt_subcommand(),
            release_subcommand(), doctor_subcommand()};
}

}  // namespace riposte
