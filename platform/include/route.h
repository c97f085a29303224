// SPDX-License-Identifier: Apache-2.0
// Routes to nowhere as a way to block an address: it still sends, but gets no answer.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

// Linux: routes of type blackhole in the main table, not persistent, marked as Riposte's by their protocol number
// (252); a route of anybody else to the same destination is neither replaced nor removed (block() fails with
// file_exists). Timeouts are not kept.
//
// Windows: the same by routes to the loopback interface without a gateway, marked by their metric (252).
std::unique_ptr<AddressBlocker> null_routes();

}  // namespace riposte
