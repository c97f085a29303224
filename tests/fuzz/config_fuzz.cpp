// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file: every finding has a line of the file and stays one line; what is sound can be
// looked up.
#include "src/config/catalog.h"
#include "src/config/config.h"
#include "src/request/request.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

// XML 1.0, 2.11: a carriage return ends a line too, alone or with the line feed after it.
std::int64_t count_lines(std::string_view text) {
    std::int64_t lines = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_pair = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        if (!is_pair && (text[at] == '\n' || text[at] == '\r')) ++lines;
    }
    return lines;
}

void check_findings(const Diagnostics& found, std::string_view text) {
    const std::int64_t lines = count_lines(text);
    for (const Diagnostic& each : found) {
        require(each.line >= 0 && each.line <= lines, "a finding stands at a line of the file");
        require(!each.message.empty() && each.message.find('\n') == std::string::npos, "a finding is one line");
        require(each.message.size() < 20'000, "a finding is bounded");
    }
    require(std::is_sorted(found.begin(), found.end(),
                           [](const Diagnostic& left, const Diagnostic& right) { return left.line < right.line; }),
            "findings are in order");
}

void check_config(const Config& config) {
    const Catalog catalog(config, {}, [](const std::string&) { return true; });
    for (const Command& command : config.commands) {
        require(check_file_name(command.executable).has_value(), "an executable is a bare file name");
        require(catalog.find(command.name) != nullptr, "every command is found");
    }
    for (const ActiveResponse& response : config.active_responses) {
        const Command* command = config.find_command(response.command);
        require(response.timeout.count() == 0 || !command || command->timeout_allowed, "a timeout is allowed");
        if (command) require(catalog.find(response.name()) != nullptr, "every active response is found");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Diagnostics found;
    const Config config = parse_config(text, "fuzz.conf", found);
    check_findings(found, text);
    check_config(config);

    Diagnostics of_an_agent;
    const Config agent = parse_config(text, "fuzz.conf", of_an_agent, false);
    require(!agent.settings.home && agent.settings.commands.empty(), "an agent's file sets nothing of Riposte's");

    // An empty path has no executables, so this reads no file.
    Diagnostics linted;
    lint_config(config, "", linted);
    require(!has_errors(linted), "lint reports no errors");
    return 0;
}
