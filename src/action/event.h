// SPDX-License-Identifier: Apache-2.0
// A change of state, as the engine and the service report it. It becomes JSON only where it leaves the program: in the
// event log, in the answers of the control channel, and in the messages to a manager (event_json.h).
#pragma once

#include "src/action/action.h"
#include "src/action/diagnostic.h"
#include "src/action/refusal.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace riposte {

// The kinds of events, each with its details. `kName` is the kind's name in the event log; two kinds may share one.
namespace event {

// ---- an action, from the request to its end ----

struct Received {
    static constexpr std::string_view kName = "received";
    std::string channel;
    std::size_t bytes = 0;
};
// Nothing is run, or what was started is told to abort.
struct Refused {
    static constexpr std::string_view kName = "refused";
    Refusal refusal;
    std::string channel;
    std::string message;  // the request's first bytes; empty if it was recorded before it was refused
};
// A limit has begun to refuse requests, or went on to for a minute.
struct Limited {
    static constexpr std::string_view kName = "limited";
    Refusal refusal;
    std::uint64_t unreported = 0;  // refusals since the last event of this limit
};
struct DryRun {
    static constexpr std::string_view kName = "finished";
    std::string command, executable;
    std::vector<std::string> argv;
    std::string line;
    std::chrono::seconds timeout{0};
};
// It has to wait for a slot or for another action of its key.
struct Queued {
    static constexpr std::string_view kName = "queued";
    std::string command;
};
struct Started {
    static constexpr std::string_view kName = "started";
    std::string command, executable;
    Verb verb = Verb::Apply;
    std::int64_t pid = 0;
};
// The request's line was written to the executable.
struct Told {
    static constexpr std::string_view kName = "told";
};
// The executable named its keys.
struct Conversed {
    static constexpr std::string_view kName = "conversed";
    std::vector<std::string> keys;
};
// An execution is over.
struct Finished {
    static constexpr std::string_view kName = "finished";
    std::string command, executable;
    Verb verb = Verb::Apply;
    Outcome outcome;
};
// In force, with its reversal armed.
struct Armed {
    static constexpr std::string_view kName = "armed";
    Due due;
    std::vector<std::string> keys;
};
// A later action of its key has taken its reversal over.
struct Merged {
    static constexpr std::string_view kName = "merged";
    ActionId into = 0;
};
struct Extended {
    static constexpr std::string_view kName = "extended";
    std::optional<ActionId> by;  // the repeat that extended it; nothing: an operator
    Due due;
};
// It should be in force and was found not to be.
struct Drifted {
    static constexpr std::string_view kName = "drifted";
};
struct Reapplied {
    static constexpr std::string_view kName = "reapplied";
    Outcome outcome;
};
struct Reversing {
    static constexpr std::string_view kName = "reversing";
    std::string command, executable;
};
struct Reversed {
    static constexpr std::string_view kName = "reversed";
    std::string command;
};
// A reversal failed; it is tried again at `due`.
struct Retrying {
    static constexpr std::string_view kName = "retrying";
    int failures = 0;
    Outcome outcome;
    Due due;
};
struct Abandoned {
    static constexpr std::string_view kName = "abandoned";
};
// Riposte ended while the executable ran.
struct Lost {
    static constexpr std::string_view kName = "lost";
    std::string command;
    bool stateful = false;
};
// Recorded by an earlier run of Riposte, and too old to be run now.
struct Stale {
    static constexpr std::string_view kName = "stale";
    std::string command, text;
};
struct Unrecorded {
    static constexpr std::string_view kName = "ledger";
    std::string text;
};

// ---- the service, without an action ----

struct LedgerMigrated {
    static constexpr std::string_view kName = "ledger";
    int from = 0;  // schema version
};
struct LedgerSetAside {
    static constexpr std::string_view kName = "ledger";
    std::string moved_to;
    std::int64_t carried_over = 0, lost = 0;  // actions
};
struct ConfigReloaded {
    static constexpr std::string_view kName = "config";
    bool reloaded = false;  // false: it has errors, and the running configuration stays
    Diagnostics diagnostics;
};
struct ArConfTaken {
    static constexpr std::string_view kName = "config";
    std::string file;
    std::size_t bytes = 0;
};
struct LinkChanged {
    static constexpr std::string_view kName = "link";
    std::string state;  // "waiting", "enrolling", "connecting", "connected", or "refused" for a message
    std::string manager, kind, text;
};
struct ServiceStarted {
    static constexpr std::string_view kName = "service";
    std::string version;
    std::int64_t pid = 0;
    std::string home;
};
struct ServiceStopped {
    static constexpr std::string_view kName = "service";
    std::string version;
    std::int64_t pid = 0;
    std::size_t in_force = 0;
};

using Details = std::variant<Received, Refused, Limited, DryRun, Queued, Started, Told, Conversed, Finished, Armed,
                             Merged, Extended, Drifted, Reapplied, Reversing, Reversed, Retrying, Abandoned, Lost,
                             Stale, Unrecorded, LedgerMigrated, LedgerSetAside, ConfigReloaded, ArConfTaken,
                             LinkChanged, ServiceStarted, ServiceStopped>;

}  // namespace event

struct Event {
    ActionId action = 0;  // 0: none
    event::Details details;
    WallTime time;  // the event log's clock when it took the event

    template <class... Kinds>
    bool is() const {
        return (std::holds_alternative<Kinds>(details) || ...);
    }
    template <class Kind>
    const Kind* as() const {
        return std::get_if<Kind>(&details);
    }
};

}  // namespace riposte
