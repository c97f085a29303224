// SPDX-License-Identifier: Apache-2.0
// Which files a system, or the process that asks, cannot run without. Private to platform/windows.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>
#include <windows.h>

namespace riposte {

// Half a sentence if the open file, whose real path this is, is among them or below a directory that is off limits.
std::optional<std::string> find_critical(HANDLE file, const std::wstring& real,
                                         const std::vector<std::filesystem::path>& off_limits);

}  // namespace riposte
