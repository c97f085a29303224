// SPDX-License-Identifier: Apache-2.0
#include "src/link/result_text.h"

#include "src/action/event_json.h"
#include "src/action/response_line.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>

namespace riposte {
namespace {

// A field of a line whose fields are set apart by spaces: "-" where there is nothing.
std::string field(const std::string& text) {
    constexpr std::size_t kMaxField = 256;
    if (text.empty()) return "-";
    std::string safe = text.substr(0, kMaxField);
    std::replace_if(
        safe.begin(), safe.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; }, '_');
    return safe;
}

bool was_let_act(Outcome::Kind kind) {
    return kind == Outcome::Kind::Success || kind == Outcome::Kind::Failed || kind == Outcome::Kind::Deadline;
}

std::string ossec_line(const Action& action, Verb verb, WallTime time) {
    // As date(1) prints it in the C locale.
    const std::string when =
        Poco::DateTimeFormatter::format(Poco::Timestamp(to_ms(time) * 1000), "%w %b %f %H:%M:%S UTC %Y");
    return when + " /var/ossec/active-response/bin/" + field(action.executable) +
           (verb == Verb::Apply ? " add " : " delete ") + field(action.user) + " " + field(action.srcip) + " " +
           field(action.alert_id) + " " + field(action.rule_id);
}

}  // namespace

std::optional<std::string> result_line(ManagerKind kind, const Action& action, Verb verb, const Outcome& outcome,
                                       WallTime time) {
    if (kind == ManagerKind::Ossec) {
        if (!was_let_act(outcome.kind)) return std::nullopt;
        return ossec_line(action, verb, time);
    }
    std::string line = response_line(action, verb, outcome, time);
    if (!line.empty() && line.back() == '\n') line.pop_back();
    return line;
}

std::optional<std::string> event_line(const Event& event, std::size_t max_bytes) {
    // Changes on this host and failures of changes, not the steps in between.
    const bool is_told = event.is<event::Finished, event::DryRun, event::Reversed, event::Retrying, event::Refused,
                                  event::Abandoned, event::Drifted, event::Reapplied, event::Lost, event::Stale,
                                  event::Limited, event::Unrecorded, event::LedgerMigrated, event::LedgerSetAside>();
    if (!is_told) return std::nullopt;
    boost::json::object members = event_json(event);
    for (const std::string_view spare : {"", "output", "message", "text"}) {
        members.erase(spare);
        std::string line = boost::json::serialize(boost::json::object{{"riposte", members}});
        if (line.size() <= max_bytes) return line;
    }
    return std::nullopt;
}

}  // namespace riposte
