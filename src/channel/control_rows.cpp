// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control_rows.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace riposte {
namespace {

constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxValue = 1024;

// Rows go out by the thousand; one with a value of a megabyte must not cut the reader off.
std::string bounded(const std::string& value) {
    if (value.size() <= kMaxValue) return value;
    std::size_t end = kMaxValue;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
    return value.substr(0, end) + "...";
}

boost::json::array keys_of(const Key& key) {
    boost::json::array keys;
    for (const std::string& value : key.values) {
        if (keys.size() == kMaxKeys) break;
        // An alert's key has a place for each of address, user and file name, most of them empty.
        if (!value.empty()) keys.emplace_back(bounded(value));
    }
    return keys;
}

boost::json::object base_row(const Action& action, const std::string& live) {
    return {{"id", action.id},
            {"name", bounded(action.name)},
            {"command", bounded(action.command)},
            {"executable", bounded(action.executable)},
            {"keys", keys_of(action.key)},
            {"srcip", bounded(action.srcip)},
            {"user", bounded(action.user)},
            {"filename", bounded(action.filename)},
            {"rule_id", bounded(action.rule_id)},
            {"channel", action.channel},
            {"state", state_of(action, live)},
            {"failures", action.failures}};
}

boost::json::object outcome_object(const Outcome& outcome) {
    boost::json::object object{{"outcome", std::string(to_string(outcome.kind))},
                               {"text", describe(outcome)},
                               {"duration_ms", outcome.duration.count()}};
    if (outcome.signal != 0) object.emplace("signal", outcome.signal);
    if (outcome.signal == 0 && outcome.kind == Outcome::Kind::Failed) object.emplace("exit_code", outcome.exit_code);
    if (!outcome.output.empty()) object.emplace("output", outcome.output);
    return object;
}

bool is_armed(const Action& action) {
    return action.phase == Phase::InForce || action.phase == Phase::Retrying;
}

void add_due(boost::json::object& row, const Action& action, const Clock& clock) {
    const auto left = action.due.boot - clock.boot_time();
    // The recorded wall-clock time is that of the moment of recording; shown is when it will be by the clock as it is
    // now.
    row.emplace("due_wall_ms", to_ms(clock.wall_time() + left));
    row.emplace("left_ms", std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

std::string state_of(const Action& action, const std::string& live) {
    if (!live.empty()) return live;
    switch (action.phase) {
        case Phase::Admitted:
            return "running";
        case Phase::InForce:
            return "armed";
        case Phase::Retrying:
            return "retrying";
        case Phase::Closed:
            return "done";
        case Phase::Abandoned:
            return "abandoned";
    }
    return "done";
}

boost::json::object pending_row(const Action& action, const Clock& clock, const std::string& live) {
    boost::json::object row = base_row(action, live);
    row.emplace("since_wall_ms", to_ms(action.applied_wall.value_or(action.received_wall)));
    if (is_armed(action)) add_due(row, action, clock);
    const bool failed = action.failures > 0 && action.reverse_finished;
    row.emplace("last_error", failed ? bounded(describe(action.reverse)) : std::string());
    return row;
}

boost::json::object history_row(const Action& action, const Clock& clock, const std::string& live) {
    boost::json::object row = base_row(action, live);
    row.emplace("received_wall_ms", to_ms(action.received_wall));
    row.emplace("applied_wall_ms", action.applied_wall ? to_ms(*action.applied_wall) : 0);
    row.emplace("timeout_ms", action.timeout.count());
    if (is_armed(action)) add_due(row, action, clock);
    if (action.apply_finished) row.emplace("apply", outcome_object(action.apply));
    if (action.reverse_finished) row.emplace("reverse", outcome_object(action.reverse));
    return row;
}

}  // namespace riposte
