// SPDX-License-Identifier: Apache-2.0
// A way through the file system that nobody but root (or this user) can bend. Private to platform/linux.
#pragma once

#include "platform/include/result.h"
#include "platform/linux/unique_fd.h"

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// Where a name stands; the name itself has not been looked at.
struct Place {
    std::vector<UniqueFd> directories;  // from the root down, O_PATH; the last one holds the name
    std::string name;
    std::string path;  // for messages

    int directory() const { return directories.back().get(); }
};

// `path` is absolute, without "." and "..". Symbolic links on the way are followed only if root (or this user) owns
// them and the directory that they are in, and nobody else can write in that.
Result<Place> find_place(std::string_view path);

// Syncs the directory's entries.
Result<void> sync_directory(int directory, const std::string& path);

}  // namespace riposte
