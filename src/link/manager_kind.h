// SPDX-License-Identifier: Apache-2.0
// The managers whose protocols differ.
#pragma once

#include <string_view>

namespace riposte {

enum class ManagerKind { Wazuh4, Wazuh5, Ossec };

constexpr std::string_view manager_kind_name(ManagerKind kind) {
    switch (kind) {
        case ManagerKind::Wazuh4:
            return "wazuh4";
        case ManagerKind::Wazuh5:
            return "wazuh5";
        case ManagerKind::Ossec:
            break;
    }
    return "ossec";
}

}  // namespace riposte
