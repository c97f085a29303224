// SPDX-License-Identifier: Apache-2.0
// A request built by hand, in the form in which a manager would send it.
#pragma once

#include "platform/include/result.h"
#include "src/config/catalog.h"
#include "src/request/dialect.h"
#include "src/request/document.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// The fields given on the command line. Empty: not given; a given one takes the place of the alert's own.
struct RequestDraft {
    std::string name;  // of an active response or a command, or "!executable"
    std::string srcip, user, filename, rule_id;
    std::vector<std::string> extra_args;
    std::optional<std::chrono::seconds> timeout;
    Dialect dialect = Dialect::Wazuh4;
    Document alert;  // null: none
};

// The name to ask for: "firewall-drop" with a timeout of 600 is "firewall-drop600". An Error if a timeout cannot be
// had.
Result<std::string> name_with_timeout(const RequestDraft& draft, const Catalog& catalog);

// The message. A wazuh5 one holds what the catalog knows of the name. An Error names what the dialect cannot carry.
Result<std::string> build_message(const RequestDraft& draft, const Catalog& catalog, WallTime now);

// The alert in a file's text: one JSON object, the alert itself or a request that holds it; of a file like alerts.json
// the first line.
Result<Document> read_alert(std::string_view text);

}  // namespace riposte
