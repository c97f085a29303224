// SPDX-License-Identifier: Apache-2.0
// <command> and <active-response>. Tags and values: Wazuh v4.14.7 src/config/active-response.c.
#include "src/config/duration.h"
#include "src/config/sections.h"
#include "src/config/words.h"
#include "src/request/request.h"

#include <algorithm>

namespace riposte {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxOffenders = 5;
constexpr std::int64_t kMaxOffenderMinutes = kMaxTimeoutSeconds / 60;
constexpr std::string_view kBin = "active-response/bin";

// ---- <command> ----

struct CommandReading {
    Command command;
    const std::vector<std::string>& bins;
};

void read_name(Findings& findings, const XmlElement& element, CommandReading& reading) {
    const auto name = read_text(findings, element);
    if (!name) return;
    const auto is_bad = [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    const auto complain = [&](const std::string& what) {
        findings.error(element.line, "the command's name is " + in_quotes(*name) + ": " + what);
    };
    if (name->front() == '!')
        return complain("a name must not start with \"!\", which marks requests that name a file: rename it");
    if (name->size() > kMaxNameBytes) return complain("a name has at most 255 bytes: shorten it");
    if (std::any_of(name->begin(), name->end(), is_bad)) {
        return complain("a name has no path separators and no control characters: rename it");
    }
    reading.command.name = *name;
}

// The bare file name; nothing if a directory stands in front that is not the bin directory.
std::optional<std::string> without_bin(const std::string& path, const std::vector<std::string>& bins) {
    const auto separator = path.find_last_of("/\\");
    if (separator == std::string::npos) return path;
    auto directory = lower(path.substr(0, separator));
    std::replace(directory.begin(), directory.end(), '\\', '/');
    if (std::find(bins.begin(), bins.end(), directory) == bins.end()) return std::nullopt;
    return path.substr(separator + 1);
}

void read_executable(Findings& findings, const XmlElement& element, CommandReading& reading) {
    const auto value = read_text(findings, element);
    if (!value) return;
    const auto name = without_bin(*value, reading.bins);
    if (!name) {
        findings.error(element.line,
                       "<executable> is " + in_quotes(*value) +
                           ": write the bare name of a file in the bin directory (HOME/active-response/bin); "
                           "no other path is run");
        return;
    }
    if (const auto checked = check_file_name(*name); !checked) {
        findings.error(element.line, "<executable> is " + in_quotes(*value) +
                                         ", which is no usable file name: " + checked.error().text() +
                                         "; write the bare name of a file in the bin directory");
        return;
    }
    reading.command.executable = *name;
}

void read_expect(Findings& findings, const XmlElement& element, CommandReading& reading) {
    if (!element.children.empty()) return void(read_text(findings, element));
    findings.warning(
        element.line,
        "<expect> is deprecated (Wazuh ignores it since 4.2): Riposte refuses a request that lacks a field named "
        "here; remove the tag if the executable checks its input itself");
    Command& command = reading.command;
    for (const auto word : split_words(element.text, ", \t\r\n")) {
        const auto field = lower(word);
        if (field == "srcip") {
            command.expects_srcip = true;
        } else if (field == "user" || field == "username") {
            command.expects_user = true;
        } else if (field == "filename") {
            command.expects_filename = true;
        } else {
            findings.warning(element.line, "<expect> names " + in_quotes(word) +
                                               ", which is ignored: known are srcip, user (or username) and filename");
        }
    }
}

constexpr Tag<CommandReading> kCommandTags[] = {
    {"name", read_name},
    {"executable", read_executable},
    {"expect", read_expect},
    {"extra_args",
     [](Findings& findings, const XmlElement& element, CommandReading& reading) {
         if (const auto text = read_text(findings, element)) reading.command.extra_args = *text;
     }},
    {"timeout_allowed",
     [](Findings& findings, const XmlElement& element, CommandReading& reading) {
         if (const auto allowed = read_yes_no(findings, element)) reading.command.timeout_allowed = *allowed;
     }},
};

// ---- <active-response> ----

using Reading = ActiveResponseReading;

// Wazuh's words and their old synonyms.
bool set_location(ActiveResponse& response, std::string_view word) {
    if (word == "local") return response.location_local = true;
    if (word == "defined-agent") return response.location_defined_agent = true;
    if (word == "all" || word == "any") return response.location_all = true;
    const bool is_server = word == "server" || word == "analysis-server" || word == "analysisd" || word == "AS";
    return is_server && (response.location_server = true);
}

void read_location(Findings& findings, const XmlElement& element, Reading& reading) {
    if (!read_text(findings, element)) return;
    for (const auto word : split_words(element.text, ",| \t\r\n")) {
        if (set_location(reading.response, word)) continue;
        findings.error(element.line,
                       "<location> names " + in_quotes(word) + ": write local, server, defined-agent or all");
    }
}

void read_agent_id(Findings& findings, const XmlElement& element, Reading& reading) {
    const auto text = read_text(findings, element);
    if (!text) return;
    if (parse_whole_number(*text, kMaxTimeoutSeconds)) {
        reading.response.agent_id = *text;
    } else {
        findings.error(element.line, "<agent_id> is " + in_quotes(*text) + ": write one agent's number, such as 001");
    }
}

void read_rules_id(Findings& findings, const XmlElement& element, Reading& reading) {
    if (!read_text(findings, element)) return;
    for (const auto word : split_words(element.text, ", \t\r\n")) {
        const auto id = parse_whole_number(word, kMaxTimeoutSeconds);
        if (id) {
            reading.response.rules_id.push_back(static_cast<int>(*id));
        } else {
            findings.error(element.line, "<rules_id> names " + in_quotes(word) +
                                             ": write the rules' numbers, separated by commas (ranges are not known)");
        }
    }
}

void read_timeout(Findings& findings, const XmlElement& element, Reading& reading) {
    const auto seconds = read_number(findings, element, 0, kMaxTimeoutSeconds, " of seconds");
    if (!seconds) return;
    reading.response.timeout = std::chrono::seconds(*seconds);
    reading.timeout_line = element.line;
}

void read_repeated_offenders(Findings& findings, const XmlElement& element, Reading& reading) {
    if (!read_text(findings, element)) return;
    std::size_t count = 0;
    for (auto word : split_words(element.text, ",")) {
        word = word.substr(std::min(word.find_first_not_of(" \t\r\n"), word.size()));
        word = word.substr(0, word.find_last_not_of(" \t\r\n") + 1);
        ++count;
        const auto minutes = parse_whole_number(word, kMaxOffenderMinutes);
        if (minutes && *minutes > 0) {
            reading.response.repeated_offenders.emplace_back(*minutes);
        } else {
            findings.error(element.line, "<repeated_offenders> names " + in_quotes(word) +
                                             ": write whole numbers of minutes from 1 to " +
                                             std::to_string(kMaxOffenderMinutes) + ", separated by commas");
        }
    }
    if (count > kMaxOffenders || count == 0) {
        findings.error(element.line, "<repeated_offenders> has " + std::to_string(count) +
                                         " values: write 1 to 5 (the last one counts for all later offences too)");
    }
}

constexpr Tag<Reading> kActiveResponseTags[] = {
    {"disabled",
     [](Findings& findings, const XmlElement& element, Reading& reading) {
         if (const auto disabled = read_yes_no(findings, element)) reading.response.disabled = *disabled;
     }},
    {"command",
     [](Findings& findings, const XmlElement& element, Reading& reading) {
         if (const auto name = read_text(findings, element)) reading.response.command = *name;
         reading.command_line = element.line;
     }},
    {"location", read_location},
    {"agent_id", read_agent_id},
    {"level",
     [](Findings& findings, const XmlElement& element, Reading& reading) {
         if (const auto level = read_number(findings, element, 0, 20))
             reading.response.level = static_cast<int>(*level);
     }},
    {"rules_id", read_rules_id},
    {"rules_group",
     [](Findings& findings, const XmlElement& element, Reading& reading) {
         if (const auto group = read_text(findings, element)) reading.response.rules_group = *group;
     }},
    {"timeout", read_timeout},
    {"repeated_offenders", read_repeated_offenders},
    // Of the agent's upgrades; they stand in the same section of its file.
    {"ca_store", [](Findings& findings, const XmlElement& element, Reading&) { read_text(findings, element); }, true},
    {"ca_verification",
     [](Findings& findings, const XmlElement& element, Reading&) { read_yes_no(findings, element); }},
};

void check_active_response(Findings& findings, const XmlElement& section, const Reading& reading,
                           const SeenTags& seen) {
    const ActiveResponse& response = reading.response;
    const bool has_command = seen.contains("command");
    if (has_command && !seen.contains("location") && !response.disabled) {
        findings.error(
            section.line,
            "<active-response> has no <location>: add local, server, defined-agent or all (local runs here)");
    }
    if (response.location_defined_agent && !seen.contains("agent_id")) {
        findings.error(
            section.line,
            "<active-response> has <location>defined-agent</location> and no <agent_id>: add the agent's number");
    }
    if (has_command) return;
    for (const auto* name : {"location", "agent_id", "level", "rules_id", "rules_group", "timeout"}) {
        if (seen.contains(name)) {
            findings.error(section.line,
                           "<active-response> has " + tag(name) + " and no <command>: name the command that it runs");
            return;
        }
    }
}

}  // namespace

std::vector<std::string> known_bins(std::string_view home) {
    std::vector<std::string> bins{std::string(kBin)};
    for (const std::string_view known :
         {home, "/var/ossec"sv, "/var/lib/riposte"sv, "c:/program files (x86)/ossec-agent"sv,
          "c:/program files/ossec-agent"sv, "c:/program files/riposte"sv}) {
        auto directory = lower(known);
        std::replace(directory.begin(), directory.end(), '\\', '/');
        if (!directory.empty()) bins.push_back(directory + (directory.back() == '/' ? "" : "/") + std::string(kBin));
    }
    return bins;
}

std::optional<Command> read_command(Findings& findings, const XmlElement& section, const std::vector<std::string>& bins,
                                    std::string& name) {
    const auto errors_before = findings.errors();
    CommandReading reading{{}, bins};
    SeenTags seen;
    read_section(findings, section, kCommandTags, reading, seen);
    for (const auto* required : {"name", "executable"}) {
        if (!seen.contains(required)) {
            findings.error(section.line, "<command> has no " + tag(required) + ": add one");
        }
    }
    name = reading.command.name;
    if (findings.errors() != errors_before) return std::nullopt;
    reading.command.where = findings.at(section.line);
    return std::move(reading.command);
}

std::string ignored_timeout_text(const ActiveResponse& response) {
    const auto seconds = std::to_string(response.ignored_timeout.count());
    return "<timeout> is " + seconds + ", but the command " + in_quotes(response.command) +
           " has no <timeout_allowed>yes</timeout_allowed>: the timeout is ignored, so the response is never undone "
           "(Wazuh does "
           "the same, OSSEC refuses the file); allow timeouts in the command or remove the timeout";
}

std::optional<ActiveResponseReading> read_active_response(Findings& findings, const XmlElement& section) {
    const auto errors_before = findings.errors();
    ActiveResponseReading reading;
    SeenTags seen;
    read_section(findings, section, kActiveResponseTags, reading, seen);
    check_active_response(findings, section, reading, seen);
    if (findings.errors() != errors_before) return std::nullopt;
    reading.response.where = findings.at(section.line);
    return reading;
}

}  // namespace riposte
