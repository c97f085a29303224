// SPDX-License-Identifier: Apache-2.0
// The directories in which the system looks for programs. Windows: the machine's Path, for what is started from then
// on; for administrators. Linux: not_supported, since packages install where it looks already.
#pragma once

#include "platform/include/result.h"

#include <filesystem>

namespace riposte {

// At the end; nothing is changed if it is there already.
Result<void> add_to_search_path(const std::filesystem::path& directory);
// Nothing is changed if it is not there. The others stay as they are written.
Result<void> remove_from_search_path(const std::filesystem::path& directory);

}  // namespace riposte
