// SPDX-License-Identifier: Apache-2.0
// Actions as the control channel shows them; the CLI shows a ledger that no service has open in the same form.
#pragma once

#include "platform/include/clock.h"
#include "src/action/action.h"

#include <boost/json/fwd.hpp>

#include <string>

namespace riposte {

// `live` is what memory knows beyond the ledger ("queued", "running", "reversing" or empty).
boost::json::object pending_row(const Action& action, const Clock& clock, const std::string& live);
boost::json::object history_row(const Action& action, const Clock& clock, const std::string& live);
// "armed", "running", "queued", "reversing", "retrying", "done", "abandoned".
std::string state_of(const Action& action, const std::string& live);

}  // namespace riposte
