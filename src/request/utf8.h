// SPDX-License-Identifier: Apache-2.0
// Reading UTF-8 that nobody has checked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace riposte {

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0;  // 0: no valid UTF-8 here (an overlong form, a surrogate or a cut sequence included)
};

// The code point at the start of the text, which must not be empty.
CodePoint first_code_point(std::string_view text);

bool is_utf8(std::string_view text);
// C0, DEL and C1. Text that is no valid UTF-8 counts too: a terminal may take its bytes for C1.
bool has_control_characters(std::string_view text);

// The text in double quotes for an error message: cut to about 60 bytes, and nothing in it can move a cursor or end a
// line.
std::string quoted(std::string_view text);
// At most `limit` bytes of the text with control characters, invalid bytes and direction marks written as \x0a or
// \u{202e}.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace riposte
