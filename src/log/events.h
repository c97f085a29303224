// SPDX-License-Identifier: Apache-2.0
// Riposte's own event log: one JSON line per change of state, with one action id through all of them.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/action/action.h"
#include "src/log/line_buffer.h"

#include <boost/json/fwd.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace riposte {

// Kinds of events, as they stand in "event":
//   received  refused    limited  queued  started    told      conversed  finished  armed   merged   extended
//   drifted   reversing  reversed  retrying  abandoned  reapplied  lost  stale   ledger  config  link  service
// Every line: {"time":"2026-01-02T03:04:05.678Z","event":"...","action":42, then the event's own members}. Events
// without an action (config, link, service, and ledger but for one that could not be recorded) have no "action".
class Events {
  public:
    // Appends to `file` (created 0640). At 10 MiB it is renamed to events.jsonl.1 (older ones to .2 ... .5) and begun
    // anew. An Error if it cannot be opened; later write errors are reported once through the program's log and tried
    // again with the next event. With `later` those that gather until then are written together, and a crash loses
    // them. Listeners hear of each at once.
    static Result<std::unique_ptr<Events>> open(const std::filesystem::path& file, const Clock& clock,
                                                Later later = {});
    virtual ~Events() = default;

    // Loop thread. `action` 0: none.
    virtual void emit(std::string_view event, ActionId action, boost::json::object members) = 0;

    // Calls `listener` with each event (the whole line's object) until the returned subscription is destroyed.
    using Listener = std::function<void(const boost::json::object&)>;
    using Subscription = std::shared_ptr<void>;
    virtual Subscription subscribe(Listener listener) = 0;
};

}  // namespace riposte
