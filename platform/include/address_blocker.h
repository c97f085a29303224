// SPDX-License-Identifier: Apache-2.0
// A way to keep out what comes from an address or network.
#pragma once

#include "platform/include/result.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Networks are text in canonical form: "192.0.2.7", "2001:db8::7", "192.0.2.0/24" with no bits behind the prefix, which
// is not 0. Each network that was blocked stands for itself: undoing an address inside a blocked network does not open
// the network, nor the other way round. Error not_supported, its text the reason and the remedy: this way is not
// available here. Blocking calls, one thread.
class AddressBlocker {
  public:
    virtual ~AddressBlocker() = default;

    // "nftables"; the same on every system that has it.
    virtual std::string name() const = 0;
    // Whether it can work here, without changing anything; says what was found.
    virtual Result<std::string> check() = 0;
    // Done already is success. Where the system can, it lifts the block by itself after `timeout` (0: never), counted
    // from this call also when the network was blocked before.
    virtual Result<void> block(const std::string& network, std::chrono::seconds timeout) = 0;
    // Whether there was anything to undo.
    virtual Result<bool> unblock(const std::string& network) = 0;
    // For each network, in order, whether it is blocked, and everything that makes the block effective is in place.
    virtual Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) = 0;
};

// Every way that this system may have, the most thorough first. Linux: firewalld, nftables, iptables, hosts.deny, a
// route. Windows: its firewall, a route.
std::vector<std::unique_ptr<AddressBlocker>> every_blocker();

}  // namespace riposte
