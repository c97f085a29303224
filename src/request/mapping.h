// SPDX-License-Identifier: Apache-2.0
// An alert in the words of another dialect. The result names the targets that Riposte has read and checked, and no
// others: a member from which the other dialect's executables would read something else is replaced or taken out.
#pragma once

#include "src/request/document.h"
#include "src/request/request.h"

#include <string>
#include <vector>

namespace riposte {

// data.srcip, data.dstuser, syscheck.path, rule.id and id, with the rest of the event beside them. The alert as it is,
// if the request is wazuh4.
Document alert_for_wazuh4(const Request& request);

// source.ip, user.name, file.path, with the rest of the alert beside them, and wazuh.active_response from the request;
// the message as it is, if the request is wazuh5.
Document event_for_wazuh5(const Request& request);

// USER SRCIP ALERT_ID RULE_ID LOCATION... FILENAME, "-" where absent. From JSON, an agent's location is the two words
// "(name)" and "ip->location", so that the file name stands where OSSEC's scripts look for it.
std::vector<std::string> words_for_ossec(const Request& request);

}  // namespace riposte
