// SPDX-License-Identifier: Apache-2.0
// TCP wrappers as a way to block an address: only programs that ask them are closed to it.
#pragma once

#include "platform/include/address_blocker.h"

#include <filesystem>
#include <memory>

namespace riposte {

// Linux: a line of its own per network in hosts_access(5) form, "ALL:192.0.2.7", "ALL:[2001:db8::7]", found again by
// comparing whole lines. An empty path means /etc/hosts.deny; then the calls return not_supported where TCP wrappers
// are not installed, as nobody would read it. Timeouts are not kept.
std::unique_ptr<AddressBlocker> hosts_deny(std::filesystem::path file);

}  // namespace riposte
