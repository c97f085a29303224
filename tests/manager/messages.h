// SPDX-License-Identifier: Apache-2.0
// Parses the messages that agents send to remoted, and builds merged.mg (Wazuh src/remoted/manager.c and
// src/shared/remoted_op.c).
#pragma once

#include "tests/manager/types.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace riposte::simulator {

struct Keepalive {
    std::string system;   // what stands before the first " - "
    std::string version;  // "Wazuh v4.14.7", "OSSEC HIDS v4.2.0"
    std::string merged_sum;
    std::map<std::string, std::string> labels;
};

// The text behind "#!-". Nothing if it has no line end (text form) or is no object (JSON form).
std::optional<Keepalive> parse_keepalive(std::string_view text, bool allows_json);

// The version in the JSON behind "agent startup "; empty for the bare form, nothing for JSON without one.
std::optional<std::string> parse_startup(std::string_view text);

// "1:/var/log/auth.log:text". A colon within the location is written as "|:". Nothing for what is no event.
std::optional<Event> parse_event(const std::string& agent, std::string_view payload);

// One entry of merged.mg.
std::string merged_entry(const std::string& name, const std::string& content);
// merged.mg of these files, ar.conf in front; a group line if it is Wazuh's.
std::string merged_files(const Options& options);

}  // namespace riposte::simulator
