// SPDX-License-Identifier: Apache-2.0
// The target of executables that act on an address.
#pragma once

#include "src/request/address.h"
#include "src/responses/response.h"

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// An address or a network; refuses the whole address space (a prefix length of 0), which no alert can mean.
Answer<Network> parse_target(std::string_view text);
Answer<std::vector<Network>> parse_targets(const std::vector<std::string>& texts);

// The request's srcip; bad input if it has none.
Answer<Network> target_of(const Task& task);

// For Response::keys: the canonical text of target_of().
Answer<Keys> address_keys(const Task& task);

}  // namespace riposte
