// SPDX-License-Identifier: Apache-2.0
#include "platform/include/firewall.h"
#include "platform/include/hosts_deny.h"
#include "platform/include/route.h"

namespace riposte {

std::vector<std::unique_ptr<AddressBlocker>> every_blocker() {
    std::vector<std::unique_ptr<AddressBlocker>> ways;
    ways.push_back(open_firewall(Firewall::Firewalld));
    ways.push_back(open_firewall(Firewall::Nftables));
    ways.push_back(open_firewall(Firewall::Iptables));
    ways.push_back(hosts_deny({}));
    ways.push_back(null_routes());
    return ways;
}

}  // namespace riposte
