// SPDX-License-Identifier: Apache-2.0
// The formats in which managers ask and executables are told.
#pragma once

#include <optional>
#include <string_view>

namespace riposte {

enum class Dialect {
    Wazuh4,  // JSON, add/delete. Wazuh v4.14.7 src/analysisd/ar_json.c, src/os_execd/execd.c
    Wazuh5,  // JSON, enable/disable. Wazuh v5.0.0-beta4 src/os_execd/src/execd.c
    Ossec,   // text and argv. OSSEC src/analysisd/alerts/exec.c, src/os_execd/execd.c
};

enum class Verb { Apply, Reverse };  // add/enable, delete/disable

std::string_view to_string(Dialect dialect);  // "wazuh4", "wazuh5", "ossec"
std::optional<Dialect> dialect_from_string(std::string_view text);

}  // namespace riposte
