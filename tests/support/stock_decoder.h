// SPDX-License-Identifier: Apache-2.0
// A line of active-responses.log as the stock decoder reads it.
#pragma once

#include "src/request/document.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace riposte::test {

// The JSON behind "DATE TIME active-response/bin/NAME: ", as the stock decoder finds it (Wazuh v4.14.7
// ruleset/decoders/0010-active-response_decoders.xml, ar_log_json). A line that it would not take fails the test, and
// so does another NAME, unless `name` is empty.
inline Document stock_decoded(const std::string& line, const std::string& name = "") {
    const std::string date = "dddd/dd/dd dd:dd:dd ", program = "active-response/bin/";
    REQUIRE_MESSAGE(line.size() > date.size(), line);
    for (std::size_t i = 0; i < date.size(); ++i) {
        const bool fits = date[i] == 'd' ? line[i] >= '0' && line[i] <= '9' : line[i] == date[i];
        REQUIRE_MESSAGE(fits, line);
    }
    REQUIRE_MESSAGE(line.compare(date.size(), program.size(), program) == 0, line);
    const std::size_t end_of_name = line.find_first_of(" \t", date.size());
    REQUIRE_MESSAGE(end_of_name != std::string::npos, line);
    REQUIRE_MESSAGE(line[end_of_name - 1] == ':', line);
    const std::size_t start_of_name = date.size() + program.size();
    const std::string found = line.substr(start_of_name, end_of_name - 1 - start_of_name);
    REQUIRE_MESSAGE((name.empty() || found == name), line);
    std::string json = line.substr(end_of_name + 1);
    if (!json.empty() && json.back() == '\n') json.pop_back();
    std::size_t consumed = 0;
    const auto document = Document::parse(json, &consumed);
    REQUIRE_MESSAGE(document.has_value(), json);
    REQUIRE(consumed == json.size());
    REQUIRE(document->is_object());
    return *document;
}

// The member's text, or "(absent)".
inline std::string text_at(const Document& document, const std::string& path) {
    const Document* const found = document.find_path(path);
    return found == nullptr ? "(absent)" : found->text();
}

}  // namespace riposte::test
