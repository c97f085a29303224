// SPDX-License-Identifier: Apache-2.0
// One line of active-responses.log.
#pragma once

#include "src/action/action.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace riposte {

// An agent forwards lines of up to 64 KiB, its own prefix (where the line was read) included.
inline constexpr std::size_t kMaxResponseLine = 63 * 1024;

// The line with its newline, at most kMaxResponseLine bytes, no other control character in it whatever the values hold.
// Its JSON has the shape of wazuh4 whatever dialect the executable was told in, since that is what the decoder's rules
// read (Wazuh v4.14.7 ruleset: decoder ar_log_json, rules 650 to 657): `command` add or delete, `parameters.program`,
// `parameters.alert`. The command is "none" for an outcome in which the executable was not let act, so that no rule
// says that a host was blocked. The alert is the one told, or, where that is too large or of another dialect, its id,
// rule.id, data.srcip, data.dstuser and syscheck.path. `riposte` stands at the end: action (unless it is 0, of no
// ledger), verb, outcome, duration_ms, exit_code or signal, reason, output.
std::string response_line(const Action& action, Verb verb, const Outcome& outcome, WallTime time);

// The same head, and behind it at most 1 KiB of text in one line of printable characters, in which no rule sees an
// action.
std::string response_text_line(const std::string& executable, const std::string& text, WallTime time);

}  // namespace riposte
