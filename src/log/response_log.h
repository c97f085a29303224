// SPDX-License-Identifier: Apache-2.0
// active-responses.log, in the form that Wazuh's stock decoders (ar_log_json) and rules read.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/log/line_buffer.h"
#include "src/request/child_input.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace riposte {

struct Action;
struct Outcome;

// "2026/01/02 03:04:05 active-response/bin/NAME: {json}": one line per execution that ended, written whole, since the
// executables append to the same file. The JSON is the message the executable was told, with `riposte` (action id,
// outcome, duration, reason) added.
class ResponseLog {
  public:
    // Creates the file and its directory if missing. Opens it afresh when it was rotated away or removed.
    // With `later` the lines that gather until then are written together, and a crash loses them.
    static Result<std::unique_ptr<ResponseLog>> open(const std::filesystem::path& file, const Clock& clock,
                                                     Later later = {});
    virtual ~ResponseLog() = default;
    virtual void write(const Action& action, Verb verb, const Outcome& outcome) = 0;
    // Calls `listener` with each execution that is written, from then on; one listener, nullptr for none.
    using Listener = std::function<void(const Action& action, Verb verb, const Outcome& outcome)>;
    virtual void set_listener(Listener listener) = 0;
};

}  // namespace riposte
