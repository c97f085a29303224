// SPDX-License-Identifier: Apache-2.0
// What children may know of this process: nothing.
#pragma once

#include <string>
#include <vector>

namespace riposte {

// The whole environment of an executable, the same for all. Linux: PATH of the system directories, LANG and LC_ALL C.
// Windows: SystemRoot, windir, SystemDrive, ComSpec, PATH of the system directories, PATHEXT, and TEMP and TMP of the
// machine, as the system itself tells them.
const std::vector<std::string>& child_environment();

}  // namespace riposte
