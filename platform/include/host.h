// SPDX-License-Identifier: Apache-2.0
// What no response may ever act on, as far as this host itself knows.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <vector>

namespace riposte {

// Addresses as text, IPv4 or IPv6 without zone. Asked afresh each time; costs well under a millisecond.
struct HostAddresses {
    std::vector<std::string> own;
    std::vector<std::string> default_gateways;
};
Result<HostAddresses> host_addresses();

// Accounts that must never be acted on. Linux: root and every other name of user id 0. Windows: SYSTEM, Administrator
// and the account of relative id 500 under its local name.
std::vector<std::string> host_administrators();

// Linux: names differ by case. Windows: they do not.
bool user_names_equal(const std::string& left, const std::string& right);

}  // namespace riposte
