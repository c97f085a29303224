// SPDX-License-Identifier: Apache-2.0
#include "platform/include/firewall.h"

#include "platform/linux/firewalld.h"
#include "platform/linux/iptables.h"
#include "platform/linux/nftables.h"
#include "platform/unavailable_blocker.h"

namespace riposte {

std::unique_ptr<AddressBlocker> open_firewall(Firewall firewall) {
    switch (firewall) {
        case Firewall::Nftables:
            return nftables_blocker();
        case Firewall::Iptables:
            return iptables_blocker();
        case Firewall::Firewalld:
            return firewalld_blocker();
        case Firewall::OwnRules:
            return std::make_unique<UnavailableBlocker>("windows-firewall");
        case Firewall::NetshRules:
            return std::make_unique<UnavailableBlocker>("netsh");
    }
    return nullptr;
}

std::vector<Firewall> own_firewalls() {
    return {Firewall::Nftables, Firewall::Iptables};
}

}  // namespace riposte
