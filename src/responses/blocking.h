// SPDX-License-Identifier: Apache-2.0
// Shared by the executables that block an address.
#pragma once

#include "platform/include/address_blocker.h"
#include "src/responses/response.h"

#include <functional>
#include <memory>
#include <vector>

namespace riposte {

using Blockers = std::vector<std::unique_ptr<AddressBlocker>>;

// A request's own timeout as a second net: the block ends by itself a day after the runner should have undone it, which
// leaves room for repeat offenders, extensions and a runner that was down. 0, for never, if the request has none.
std::chrono::seconds safety_timeout(const Request& request);

// Fills in keys, add, reverse, status and check, and adds the option --kill-sessions. The first of the blockers that is
// available on this system is used, and only that; undoing asks them one after the other until one had something to
// undo.
void block_with(Response& response, const std::function<Answer<Blockers>(const Settings&)>& make_blockers);

// Whether each target is blocked by at least one of them; NotAvailable if none is available.
Answer<std::vector<bool>> blocked_by_any(const Blockers& blockers, const std::vector<std::string>& targets);

// The answer of the first blocker that is available.
Answer<std::string> check_first(const Blockers& blockers);

bool is_unavailable(const Error& error);

}  // namespace riposte
