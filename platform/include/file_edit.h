// SPDX-License-Identifier: Apache-2.0
// Changing a text file that belongs to the system.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <functional>
#include <string>

namespace riposte {

// Calls `edit` with the file's whole content ("" if there is no file) and puts what it returns in the file's place in
// one step; returns whether that differed. One such change at a time in a directory, this process or another's. Owner,
// group, mode and extended attributes (ACL, security label) stay as they are; a new file belongs to the caller and is
// readable by all. A symbolic link is followed. A crash leaves the old file or the new one. At most 16 MiB.
Result<bool> edit_file(const std::filesystem::path& file, const std::function<std::string(const std::string&)>& edit);

// The whole content; "" if there is no such file.
Result<std::string> read_small_file(const std::filesystem::path& file);

}  // namespace riposte
