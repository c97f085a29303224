// SPDX-License-Identifier: Apache-2.0
// Events as they stand in events.jsonl, in the control channel's answers and in messages to a manager.
#pragma once

#include "src/action/event.h"

#include <boost/json/fwd.hpp>

namespace riposte {

// {"time":"2026-01-02T03:04:05.678Z","event":"...","action":42, then the details}. Without an action there is no
// "action". Texts from outside may be no UTF-8.
boost::json::object event_json(const Event& event);

boost::json::array diagnostics_json(const Diagnostics& diagnostics);

}  // namespace riposte
