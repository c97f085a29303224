// SPDX-License-Identifier: Apache-2.0
#include "src/config/alert_match.h"

#include "src/config/duration.h"
#include "src/config/words.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

namespace riposte {
namespace {

struct Rule {
    std::int64_t level = 0;
    std::optional<std::int64_t> id;
    std::string groups;  // joined by commas, in small letters
};

// Patterns and groups are compared without regard to case, as OS_Regex does.
// A number, or the text of one: Wazuh writes rule.id as a string.
std::optional<std::int64_t> whole_number(const Document* document) {
    if (!document || !(document->is_number() || document->is_string())) return std::nullopt;
    return parse_whole_number(document->text(), std::numeric_limits<int>::max());
}

std::string joined_groups(const Document* groups) {
    if (!groups) return {};
    if (groups->is_string()) return lower(groups->text());
    std::string joined;
    for (const Document& group : groups->items()) {
        if (!group.is_string()) continue;
        if (!joined.empty()) joined += ',';
        joined += lower(group.text());
    }
    return joined;
}

bool alternative_matches(std::string_view pattern, std::string_view groups) {
    const bool at_start = pattern.starts_with('^');
    if (at_start) pattern.remove_prefix(1);
    const bool at_end = pattern.ends_with('$');
    if (at_end) pattern.remove_suffix(1);
    if (pattern.empty()) return false;
    if (at_start && at_end) return groups == pattern;
    if (at_start) return groups.starts_with(pattern);
    if (at_end) return groups.ends_with(pattern);
    return groups.find(pattern) != std::string_view::npos;
}

bool groups_match(std::string_view patterns, std::string_view groups) {
    for (;;) {
        const auto end = std::min(patterns.find('|'), patterns.size());
        if (alternative_matches(patterns.substr(0, end), groups)) return true;
        if (end == patterns.size()) return false;
        patterns.remove_prefix(end + 1);
    }
}

bool conditions_met(const ActiveResponse& response, const Rule& rule) {
    const bool has_groups = !response.rules_group.empty();
    // To a manager a level of 0 is none.
    const bool has_level = response.level.value_or(0) > 0;
    const bool level_met = !has_level || rule.level >= *response.level;
    const bool groups_met = !has_groups || groups_match(lower(response.rules_group), rule.groups);
    if ((has_level || has_groups) && level_met && groups_met) return true;
    const auto& ids = response.rules_id;
    return rule.id && std::find(ids.begin(), ids.end(), *rule.id) != ids.end();
}

}  // namespace

std::vector<const ActiveResponse*> responses_for_alert(const Config& config, const Document& alert) {
    const Rule rule{whole_number(alert.find_path("rule.level")).value_or(0), whole_number(alert.find_path("rule.id")),
                    joined_groups(alert.find_path("rule.groups"))};
    std::vector<const ActiveResponse*> responses;
    if (rule.level == 0) return responses;
    for (const ActiveResponse& response : config.active_responses) {
        const bool runs_here = response.location_local || response.location_all;
        const bool is_live = !response.disabled && !response.command.empty() && config.find_command(response.command);
        if (runs_here && is_live && conditions_met(response, rule)) responses.push_back(&response);
    }
    return responses;
}

}  // namespace riposte
