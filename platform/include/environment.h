// SPDX-License-Identifier: Apache-2.0
// The environments of children: fixed lists, which take nothing from this process's own environment.
#pragma once

#include <string>
#include <vector>

namespace riposte {

// The whole environment of a tool, the same for all. Linux: PATH of the system directories, LANG and LC_ALL C.
// Windows: SystemRoot, windir, SystemDrive, ComSpec, PATH of the system directories, PATHEXT, and TEMP and TMP of the
// machine, as the system itself tells them.
const std::vector<std::string>& child_environment();

// That of a response's executable: the same, and RUN_BY_RIPOSTE=yes.
const std::vector<std::string>& executable_environment();

// Whether this process is such an executable, run by Riposte, which logs what comes of it. Tools that it starts with
// child_environment() are not, and what they start neither.
bool is_run_by_riposte();

}  // namespace riposte
