// SPDX-License-Identifier: Apache-2.0
// Reads and writes FileProperties, a file's metadata as text. Private to platform/linux.
#pragma once

#include "platform/include/file_transfer.h"

namespace riposte {

Result<FileProperties> read_properties(int file, const std::string& path);

// Sets what differs, all but the flags that hinder a change of the file.
Result<void> write_properties(int file, const FileProperties& properties, const std::string& path);

// The flags "immutable" and "append only" (chattr +i, +a), which hinder a move too. Setting: those of the properties.
Result<void> set_hindering_flags(int file, const FileProperties& properties, const std::string& path);
Result<void> clear_hindering_flags(int file, const std::string& path);

}  // namespace riposte
