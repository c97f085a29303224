// SPDX-License-Identifier: Apache-2.0
// The sections that Riposte reads, one reader each.
#pragma once

#include "src/config/config.h"
#include "src/config/findings.h"
#include "src/config/xml_tree.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// A timeout that every reader of the file can hold, Wazuh's (an int) too.
inline constexpr std::int64_t kMaxTimeoutSeconds = 2'147'483'647;

// <command> of <ossec_config>. Nothing if it had an error. `name` is set as soon as the section names one that is none
// other's, sound or not.
std::optional<Command> read_command(Findings& findings, const XmlElement& section, const std::vector<std::string>& bins,
                                    std::string& name);
// The bin directories that may stand in front of an executable, for a file whose <home> is `home` (empty: none).
std::vector<std::string> known_bins(std::string_view home);

// <active-response>, before its command is known.
struct ActiveResponseReading {
    ActiveResponse response;
    int command_line = 0;
    int timeout_line = 0;
};
// The notice on a timeout that is not in force, at load and by lint_config.
std::string ignored_timeout_text(const ActiveResponse& response);
std::optional<ActiveResponseReading> read_active_response(Findings& findings, const XmlElement& section);

// <riposte>. Several of them add up to one.
struct RiposteReading {
    Settings settings;
    SeenTags seen, limit_seen, control_seen, manager_seen, enrollment_seen;
    int manager_line = 0;
    int enrollment_line = 0;
};
void read_riposte(Findings& findings, const XmlElement& section, RiposteReading& reading);
// After the last of them: what only all of them together can be wrong about.
void finish_riposte(Findings& findings, RiposteReading& reading);

}  // namespace riposte
