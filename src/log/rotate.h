// SPDX-License-Identifier: Apache-2.0
// Old log files step aside: FILE becomes FILE.1, FILE.1 becomes FILE.2, and so on.
#pragma once

#include "platform/include/result.h"

#include <filesystem>

namespace riposte {

// Keeps `kept` old files; the oldest beyond them is replaced. `file` must not be open here. An Error leaves `file`
// where it was.
Result<void> rotate_files(const std::filesystem::path& file, int kept);

}  // namespace riposte
