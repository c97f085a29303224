// SPDX-License-Identifier: Apache-2.0
// Routes to nowhere as a way to block an address: it still sends, but gets no answer.
#pragma once

#include "platform/include/address_blocker.h"

#include <memory>

namespace riposte {

enum class RouteLife {
    UntilReboot,
    // Windows only; block() and check() are not_supported on Linux, whose kernel keeps no routes, and so is it on a
    // Windows without netsh. blocked() tells of the route that is there now.
    Persistent,
};

// Linux: routes of type blackhole in the main table, not persistent, marked as Riposte's by their protocol number
// (252); a route of anybody else to the same destination is neither replaced nor removed (block() fails with
// file_exists). Timeouts are not kept.
//
// Windows: the same by routes to the loopback interface without a gateway, marked by their metric (252). Those that
// persist go through the system's netsh.exe, as the IP Helper API has no call for them.
std::unique_ptr<AddressBlocker> null_routes(RouteLife life = RouteLife::UntilReboot);

}  // namespace riposte
