// SPDX-License-Identifier: Apache-2.0
// The parts of table "inet riposte" that elements need. Private to platform/linux.
#pragma once

#include "platform/include/result.h"

#include <string>

namespace riposte {

inline constexpr const char* kNftTable = "riposte";

// All addresses, or all networks of one prefix length, in one set, with a chain of one rule for each hook.
struct NftSet {
    bool is_v6 = false;
    unsigned prefix_length = 32;

    std::string name() const;  // "address4", "network6_32"
    std::string input_chain() const { return "input_" + name(); }
    std::string forward_chain() const { return "forward_" + name(); }
};

// Makes whatever of the set, the chains and the rules is missing or changed, in one transaction. Elements stay.
// Error not_supported if libnftables is not installed.
Result<void> set_up_nftables(const NftSet& set);

// Whether libnftables can be loaded; not_supported, or what was found.
Result<std::string> find_libnftables();

}  // namespace riposte
