// SPDX-License-Identifier: Apache-2.0
// Questions about texts, and texts made by rule.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::test {

// The words of a command line, or any other list of texts.
using Words = std::vector<std::string>;

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline bool contains(const Words& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// How many times the part occurs, overlapping or not.
inline std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace riposte::test
