// SPDX-License-Identifier: Apache-2.0
// Paths from text. Text is UTF-8 everywhere in Riposte.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace riposte {

// Use this wherever a path, or a part of one, comes from text that may hold more than ASCII. std::filesystem takes a
// std::string for the C library's encoding, which is not UTF-8 on Windows. The way back is path::string(): it gives
// UTF-8 on Linux, with libstdc++ on Windows, and with MSVC in a program whose manifest asks for it, as Riposte's does.
inline std::filesystem::path utf8_path(std::string_view text) {
    return std::u8string(text.begin(), text.end());
}

}  // namespace riposte
