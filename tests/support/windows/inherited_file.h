// SPDX-License-Identifier: Apache-2.0
// Files that a child inherits as its standard streams.
#pragma once

#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <filesystem>
#include <stdexcept>
#include <windows.h>

namespace riposte::test {

// No path: the null device. Throws std::runtime_error.
inline UniqueHandle open_inherited(const std::filesystem::path& path, DWORD access, DWORD disposition) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    UniqueHandle file(::CreateFileW(path.empty() ? L"NUL" : path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                    &inherited, disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file) throw std::runtime_error("open " + narrow(path));
    return file;
}

}  // namespace riposte::test
