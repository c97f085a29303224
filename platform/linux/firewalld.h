// SPDX-License-Identifier: Apache-2.0
// Blocks in rich rules of firewalld. Private to platform/linux.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

std::unique_ptr<AddressBlocker> firewalld_blocker();

}  // namespace riposte
