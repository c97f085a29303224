// SPDX-License-Identifier: Apache-2.0
// The network adapters of this host. Private to platform/windows.
#pragma once

#include "platform/include/result.h"
#include "platform/windows/ip_helper.h"

#include <cstddef>
#include <vector>

namespace riposte {

using Adapters = std::vector<std::byte>;

// With their addresses and gateways.
Result<Adapters> list_adapters();

// The rest is behind its Next; borrowed, nullptr if there is none.
const IP_ADAPTER_ADDRESSES* first_adapter(const Adapters& adapters);

}  // namespace riposte
