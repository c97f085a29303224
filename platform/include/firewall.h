// SPDX-License-Identifier: Apache-2.0
// Firewalls as ways to block an address, in rules of Riposte's own: no rule of anybody else is touched.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

enum class Firewall {
    // Linux. Table "inet riposte"; see platform/linux/nftables.cpp. The kernel lifts blocks that have a timeout.
    Nftables,
    // Linux. Chain RIPOSTE in the filter tables of iptables and ip6tables, called first from INPUT and FORWARD.
    Iptables,
    // Linux. Rich rules, not permanent, in the default zone and every active zone. firewalld lifts blocks that have a
    // timeout; blocking again does not change it.
    Firewalld,
};

// Its calls return not_supported where this system has no such firewall.
std::unique_ptr<AddressBlocker> open_firewall(Firewall firewall);

}  // namespace riposte
