// SPDX-License-Identifier: Apache-2.0
// The border between UTF-8, which Riposte speaks, and UTF-16, which Windows speaks; and Windows' error codes as an
// Error. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// Invalid parts of the text become U+FFFD, in both directions.
std::wstring wide(std::string_view utf8);
std::string narrow(std::wstring_view utf16);
// Nothing if the text is not valid UTF-8 (or longer than 2 GiB): for what must arrive unchanged or not at all.
std::optional<std::wstring> exactly_wide(std::string_view utf8);
// The path in UTF-8. path::string() would give it in the ANSI code page.
std::string narrow(const std::filesystem::path& path);

// `code` is what GetLastError() or WSAGetLastError() said: save it before the text is put together. The Error's code
// compares equal to the std::errc that means the same (ERROR_FILE_NOT_FOUND to no_such_file_or_directory), and its
// message is UTF-8, neither of which every C++ library's std::system_category() does.
Error os_error(unsigned long code, std::string what);

}  // namespace riposte
