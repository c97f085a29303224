// SPDX-License-Identifier: Apache-2.0
// Names and paths as Windows understands them. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <string_view>
#include <windows.h>

namespace riposte {

// A file's name without a meaning of its own to Windows: no device (NUL.exe), no stream (a:b), no dot or space at the
// end, which would be dropped.
bool is_bare_name(std::string_view name);

// The path that the file system gives an open file or directory, without links, substitutes and short names in it.
Result<std::wstring> real_path(HANDLE file, const std::string& path);

// By upper case, as NTFS compares names.
bool same_path(std::wstring_view left, std::wstring_view right);

}  // namespace riposte
