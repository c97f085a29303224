// SPDX-License-Identifier: Apache-2.0
// Which files a system, or the process that asks, cannot run without. Private to platform/linux.
#pragma once

#include "platform/linux/safe_path.h"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace riposte {

// Half a sentence ("the system cannot do without it") if the file, or one of the directories above it, is among them or
// off limits. Files are compared by what they are, not by name.
std::optional<std::string> find_critical(const Place& place, const struct stat& file,
                                         const std::vector<std::filesystem::path>& off_limits);

}  // namespace riposte
