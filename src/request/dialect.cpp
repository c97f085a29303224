// SPDX-License-Identifier: Apache-2.0
#include "src/request/dialect.h"

namespace riposte {

std::string_view to_string(Dialect dialect) {
    switch (dialect) {
        case Dialect::Wazuh4:
            return "wazuh4";
        case Dialect::Wazuh5:
            return "wazuh5";
        case Dialect::Ossec:
            return "ossec";
    }
    return "unknown";
}

std::optional<Dialect> dialect_from_string(std::string_view text) {
    for (const Dialect dialect : {Dialect::Wazuh4, Dialect::Wazuh5, Dialect::Ossec}) {
        if (text == to_string(dialect)) return dialect;
    }
    return std::nullopt;
}

}  // namespace riposte
