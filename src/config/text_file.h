// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace riposte {

// The whole of a regular file, up to `limit` bytes and one more, by which the caller can tell that it is longer. A
// missing file: no_such_file_or_directory.
Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit);

}  // namespace riposte
