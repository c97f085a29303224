// SPDX-License-Identifier: Apache-2.0
// Configurations written in the tests, and what is found in them.
#pragma once

#include "src/config/config.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace riposte {

struct Parsed {
    Config config;
    Diagnostics found;
};

inline Parsed parse(std::string_view text, bool own_file = true) {
    Parsed parsed;
    parsed.config = parse_config(text, "test.conf", parsed.found, own_file);
    return parsed;
}

inline std::string all_text(const Diagnostics& found) {
    std::string text;
    for (const Diagnostic& each : found) text += each.text() + "\n";
    return text;
}

// A configuration in which nothing is found.
inline Config sound_config(std::string_view text, bool own_file = true) {
    Parsed parsed = parse(text, own_file);
    CHECK(all_text(parsed.found) == "");
    return std::move(parsed.config);
}

// One finding: "12: error: " and a part of its message.
struct Finding {
    int line;
    Diagnostic::Severity severity;
    std::string part;
};

inline void check_found(const Diagnostics& found, const std::vector<Finding>& expected) {
    CAPTURE(all_text(found));
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(found[i].text());
        CAPTURE(expected[i].part);
        CHECK(found[i].line == expected[i].line);
        CHECK(found[i].severity == expected[i].severity);
        CHECK(found[i].message.find(expected[i].part) != std::string::npos);
    }
}

inline constexpr auto kError = Diagnostic::Severity::Error;
inline constexpr auto kWarning = Diagnostic::Severity::Warning;
inline constexpr auto kNotice = Diagnostic::Severity::Notice;

}  // namespace riposte
