// SPDX-License-Identifier: Apache-2.0
// Riposte's own event log: one JSON line per change of state, with one action id through all of them.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/action/event.h"
#include "src/log/line_buffer.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace riposte {

class Events {
  public:
    // Appends to `file` (created 0640). At 10 MiB it is renamed to events.jsonl.1 (older ones to .2 ... .5) and begun
    // anew. An Error if it cannot be opened; later write errors are reported once through the program's log and tried
    // again with the next event. With `later` those that gather until then are written together, and a crash loses
    // them. Listeners hear of each at once.
    static Result<std::unique_ptr<Events>> open(const std::filesystem::path& file, const Clock& clock,
                                                Later later = {});
    virtual ~Events() = default;

    // Loop thread. Writes the event as one line (event_json.h). `action` 0: none.
    virtual void emit(ActionId action, event::Details details) = 0;

    // Calls `listener` with each event until the returned subscription is destroyed.
    using Listener = std::function<void(const Event&)>;
    using Subscription = std::shared_ptr<void>;
    virtual Subscription subscribe(Listener listener) = 0;
};

}  // namespace riposte
