// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/types.h"

namespace riposte::simulator {

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::Wazuh4:
            return "wazuh4";
        case Kind::Wazuh5:
            return "wazuh5";
        case Kind::Ossec:
            return "ossec";
    }
    return "";
}

std::string_view name_of(Method method) {
    switch (method) {
        case Method::Blowfish:
            return "blowfish";
        case Method::Aes:
            return "aes";
        case Method::AesIv:
            return "aes-iv";
    }
    return "";
}

std::optional<Kind> kind_named(std::string_view name) {
    for (const Kind kind : {Kind::Wazuh4, Kind::Wazuh5, Kind::Ossec})
        if (name == name_of(kind)) return kind;
    return std::nullopt;
}

}  // namespace riposte::simulator
