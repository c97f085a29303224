// SPDX-License-Identifier: Apache-2.0
// Text as the configuration's readers compare it. ASCII; no locale.
#pragma once

#include <string>
#include <string_view>

namespace riposte {

inline constexpr std::string_view kWhiteSpace = " \t\r\n";

inline std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kWhiteSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

inline std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace riposte
