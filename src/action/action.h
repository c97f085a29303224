// SPDX-License-Identifier: Apache-2.0
// One action as the ledger keeps it: an admitted request, the outcome of its execution, and its reversal.
#pragma once

#include "platform/include/clock.h"
#include "src/action/key.h"
#include "src/request/child_input.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// One number through the ledger, the event log and the command line. Grows, never reused, also for requests that were
// refused.
using ActionId = std::int64_t;

// A point in time that survives both a change of the wall clock and a reboot: the boot clock counts while `boot_id` is
// the current boot's, the wall clock decides otherwise.
struct Due {
    BootTime boot;
    WallTime wall;
};

enum class Phase {
    Admitted = 0,   // recorded; its executable may be waiting, running, or (after a crash) unknown
    InForce = 1,    // applied; reversal armed
    Retrying = 2,   // a reversal failed at least once; the next try is at `due`
    Closed = 3,     // over: stateless and done, reversed, refused as stale, a repeat of one in force
    Abandoned = 4,  // an operator gave its reversal up
};
std::string_view to_string(Phase phase);

// How one execution ended.
struct Outcome {
    enum class Kind {
        Success,         // exit code 0
        Failed,          // other exit code, or a signal
        Deadline,        // ended by Riposte
        NotStarted,      // the executable is missing or unsafe, or spawn failed; `text` says why
        AlreadyInForce,  // told to abort: the key is in force already
        Refused,         // told to abort: the executable's keys name a protected target
        Stale,           // too old when Riposte came to it; never told
        Lost,            // told; Riposte ended before it did
        DryRun,          // not run, as configured
    };
    Kind kind = Kind::Success;
    int exit_code = 0;
    int signal = 0;
    std::chrono::milliseconds duration{0};
    std::string text;                  // one sentence, for people; may be empty
    std::string output;                // the last 64 KiB of stdout and stderr; the ledger keeps 4 KiB, UTF-8 made valid
    std::uint64_t output_dropped = 0;  // bytes that stood before it; not kept in the ledger
};
std::string_view to_string(Outcome::Kind kind);
// "exit code 3", "signal 9", "deadline after 60 s", ...
std::string describe(const Outcome& outcome);

struct Action {
    ActionId id = 0;
    std::string name;        // the active response's name as requested ("firewall-drop600", "!script")
    std::string command;     // the configured command's name
    std::string executable;  // a bare file name
    std::string channel;     // "execq", "control", "link"
    std::string srcip, user, filename, rule_id, alert_id;
    ChildInput input;
    Key key;                                // the alert's own at first, the executable's when it named them
    std::chrono::milliseconds timeout{0};   // 0: stateless
    std::chrono::milliseconds deadline{0};  // for each execution
    WallTime received_wall;
    BootTime received_boot;  // of the boot it was received in
    Phase phase = Phase::Admitted;
    Due due;                               // of the next reversal try; meaningful in InForce and Retrying
    std::optional<WallTime> applied_wall;  // when it came into force
    int failures = 0;                      // failed reversals so far
    Outcome apply, reverse;                // of the last execution of each kind
    bool apply_finished = false, reverse_finished = false;
    bool stateful() const { return timeout.count() > 0; }
};

}  // namespace riposte
