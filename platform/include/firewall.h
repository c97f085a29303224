// SPDX-License-Identifier: Apache-2.0
// Firewalls as ways to block an address, in rules of Riposte's own: no rule of anybody else is touched.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>
#include <vector>

namespace riposte {

enum class Firewall {
    // Linux. Table "inet riposte"; see platform/linux/nftables.cpp. The kernel lifts blocks that have a timeout.
    Nftables,
    // Linux. Chain RIPOSTE in the filter tables of iptables and ip6tables, called first from INPUT and FORWARD.
    Iptables,
    // Linux. Rich rules, not permanent, in the default zone and every active zone. firewalld lifts blocks that have a
    // timeout; blocking again does not change it.
    Firewalld,
    // Windows. Two rules of its firewall for each network, in and out, in the group "Riposte"; they outlive a reboot.
    // Timeouts are not kept. not_supported while the firewall is off in an active profile, or group policy overrides
    // such rules, as they would have no effect.
    OwnRules,
    // Windows. The same under the name that Wazuh's netsh.exe gives its rules, which are found and removed too; made
    // even while they have no effect, which blocked() and check() tell.
    NetshRules,
};

// Its calls return not_supported where this system has no such firewall.
std::unique_ptr<AddressBlocker> open_firewall(Firewall firewall);

// Those with rules of Riposte's own that this system can have, the best first: without Firewalld and NetshRules.
std::vector<Firewall> own_firewalls();

}  // namespace riposte
