// SPDX-License-Identifier: Apache-2.0
// The calls to Windows' firewall, apart from the code that decides on them, so that a test can replace them: Wine's
// firewall accepts rules, but does not keep them. Private to platform/windows.
#pragma once

#include "platform/include/firewall.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

struct FirewallRule {
    std::string name;
    std::string group;
    std::string remote_addresses;  // one address or network, when added; what the firewall makes of it, when read
    bool is_inbound = true;
    // Only what an added rule is, too: enabled in every profile, for every protocol, port, program and interface.
    bool blocks_everything = true;

    bool operator==(const FirewallRule&) const = default;
};

class FirewallCalls {
  public:
    virtual ~FirewallCalls() = default;
    // Those whose name begins so.
    virtual Result<std::vector<FirewallRule>> rules(std::string_view name_start) = 0;
    virtual Result<void> add(const FirewallRule& rule) = 0;
    // Each rule just like this one, and no other of its name. If that fails, the rule may have a longer name.
    virtual Result<void> remove(const FirewallRule& rule) = 0;
    // Why rules have no effect at this moment, a sentence with the remedy; empty: they have.
    virtual Result<std::string> obstacle() = 0;
};

std::unique_ptr<FirewallCalls> system_firewall_calls();

// open_firewall() with these calls in place of the system's.
std::unique_ptr<AddressBlocker> firewall_over(std::unique_ptr<FirewallCalls> calls, Firewall firewall);

}  // namespace riposte
