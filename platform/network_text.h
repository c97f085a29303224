// SPDX-License-Identifier: Apache-2.0
// A network's text as a kernel wants it. Private to platform.
#pragma once

#include "platform/include/result.h"

#include <optional>
#include <string>

namespace riposte {

struct NetworkBytes {
    int family = 0;  // AF_INET or AF_INET6
    unsigned prefix_length = 0;
    std::string address;  // 4 or 16 bytes in network order

    bool is_v6() const { return address.size() == 16; }
    unsigned longest() const { return static_cast<unsigned>(address.size() * 8); }
    bool is_host() const { return prefix_length == longest(); }
    bool operator==(const NetworkBytes&) const = default;
};

// Of "192.0.2.7" or "2001:db8::/32"; invalid_argument for what is none, and for the whole address space.
Result<NetworkBytes> network_bytes(const std::string& text);

// The same of what Windows' firewall tells, which may also be "192.0.2.0/255.255.255.0" or
// "192.0.2.0-192.0.2.255". Nothing for what is no single network.
std::optional<NetworkBytes> told_network(const std::string& text);

}  // namespace riposte
