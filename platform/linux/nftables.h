// SPDX-License-Identifier: Apache-2.0
// Blocks in table "inet riposte". Private to platform/linux.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

std::unique_ptr<AddressBlocker> nftables_blocker();

}  // namespace riposte
