// SPDX-License-Identifier: Apache-2.0
// The calls on routes that Windows has, apart from what is done with them, so that a test can stand in their place:
// Wine reads routes, and has the other calls by name only. Private to platform/windows.
#pragma once

#include "platform/include/route.h"
#include "platform/windows/ip_helper.h"

#include <memory>
#include <string>
#include <vector>

namespace riposte {

class RouteCalls {
  public:
    virtual ~RouteCalls() = default;
    // Whether routes can be added and removed; nothing is changed.
    virtual bool can_change() = 0;
    // The loopback interface; not_supported if it does not have the family.
    virtual Result<NET_LUID> loopback(ADDRESS_FAMILY family) = 0;
    virtual Result<std::vector<MIB_IPFORWARD_ROW2>> routes(ADDRESS_FAMILY family) = 0;
    // Of the row count the interface, the destination, the next hop, the metric and the protocol. Error file_exists.
    virtual Result<void> add(const MIB_IPFORWARD_ROW2& row) = 0;
    virtual Result<void> remove(const MIB_IPFORWARD_ROW2& row) = 0;
    // The same for now and for every later start of the system. `prefix`: its destination, "192.0.2.7/32". An Error of
    // the second does not tell whether there was one.
    virtual Result<void> add_for_good(const MIB_IPFORWARD_ROW2& row, const std::string& prefix) = 0;
    virtual Result<void> remove_for_good(const MIB_IPFORWARD_ROW2& row, const std::string& prefix) = 0;
};

std::unique_ptr<RouteCalls> system_route_calls();

// null_routes() with these calls in place of the system's.
std::unique_ptr<AddressBlocker> null_routes_over(std::unique_ptr<RouteCalls> calls,
                                                 RouteLife life = RouteLife::UntilReboot);

}  // namespace riposte
