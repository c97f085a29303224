// SPDX-License-Identifier: Apache-2.0
// Reports of executions and events to a manager, in the forms that its stock decoders and rules read. Pure functions.
#pragma once

#include "src/action/event.h"
#include "src/link/manager_kind.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

inline constexpr std::string_view kResponsesLocation = "active-response/active-responses.log";
inline constexpr std::string_view kEventsLocation = "active-response/riposte";

// The line of active-responses.log. Wazuh: as src/action/response_line.h has it. OSSEC: as its own executables write it
// ("Sat May  7 03:15:27 UTC 2011 /var/ossec/active-response/bin/NAME add USER SRCIP ALERT_ID RULE_ID"), which its
// decoder ar_log and the rules 601 to 607 read; nothing for an executable that was not let act.
std::optional<std::string> result_line(ManagerKind kind, const Action& action, Verb verb, const Outcome& outcome,
                                       WallTime time);

// An event of the event log as {"riposte":{...}}, for the decoder and rules in installer/manager. Nothing for kinds
// that are of no interest there. The output, the message and the text are left out, in this order, as far as the line
// would be longer than `max_bytes`.
std::optional<std::string> event_line(const Event& event, std::size_t max_bytes);

}  // namespace riposte
