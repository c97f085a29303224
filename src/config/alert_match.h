// SPDX-License-Identifier: Apache-2.0
// Which local active responses an alert would set off, decided as a manager decides.
#pragma once

#include "src/config/config.h"
#include "src/request/document.h"

#include <vector>

namespace riposte {

// The enabled responses with location `local` (or `all`) whose conditions the alert meets, in the file's order. `level`
// and rules_group must both match if both are given, or else rules_id does (Wazuh v4.14.7 src/analysisd/rules.c
// Rule_AddAR). An alert of level 0 sets off nothing. rules_group: alternatives separated by "|", each a substring of
// the comma-joined groups ("^" and "$" anchor it). Reads rule.level, rule.id and rule.groups.
std::vector<const ActiveResponse*> responses_for_alert(const Config& config, const Document& alert);

}  // namespace riposte
