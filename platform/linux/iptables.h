// SPDX-License-Identifier: Apache-2.0
// Blocks in chain RIPOSTE of iptables and ip6tables. Private to platform/linux.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

std::unique_ptr<AddressBlocker> iptables_blocker();

}  // namespace riposte
