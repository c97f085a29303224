// SPDX-License-Identifier: Apache-2.0
// How parts of a record stand in the ledger's columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// A JSON array of strings, as SQLite's json_each reads it.
std::string key_values_text(const std::vector<std::string>& values);
// Nothing if the text is not such an array.
std::vector<std::string> key_values_from_text(std::string_view text);
// The string as it stands inside such an array.
std::string json_string(std::string_view value);

// At most `most` bytes from the start or the end, without a cut UTF-8 sequence.
std::string first_part(std::string_view text, std::size_t most);
std::string last_part(std::string_view text, std::size_t most);

}  // namespace riposte
