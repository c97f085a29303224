// SPDX-License-Identifier: Apache-2.0
// Reads and writes FileProperties, a file's metadata as text. Private to platform/windows.
#pragma once

#include "platform/include/file_transfer.h"

#include <windows.h>

namespace riposte {

Result<FileProperties> read_properties(HANDLE file, const std::string& path);
// Sets what differs.
Result<void> write_properties(HANDLE file, const FileProperties& properties, const std::string& path);
// The time of access alone, after the file was read.
Result<void> write_access_time(HANDLE file, const FileProperties& properties, const std::string& path);

// SYSTEM, Administrators and the user of this process, nobody else.
Result<void> make_private(HANDLE file, const std::string& path);
// Without the attribute "read only", which hinders a removal.
Result<void> make_removable(HANDLE file, const std::string& path);

}  // namespace riposte
