// SPDX-License-Identifier: Apache-2.0
// The durable store: SQLite in WAL mode behind one thread. Calls come from the loop's thread, return at once, and are
// carried out in the order in which they were made; what has gathered while the last commit was synced shares the next
// one. Handlers run on the loop.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/event_loop.h"
#include "platform/include/result.h"
#include "src/action/action.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

class Ledger {
  public:
    // The result of opening, to be reported to the administrator.
    struct Opened {
        bool created = false;
        int migrated_from = 0;                    // schema version; 0: none
        std::string set_aside;                    // where a damaged ledger was moved to; empty: it was sound
        std::int64_t carried_over = 0, lost = 0;  // actions of a damaged ledger: read whole; known to be unreadable
    };
    // Opens STATE/ledger.db, creating or migrating it. A damaged one is renamed to ledger.db.damaged-YYYYMMDDTHHMMSSZ
    // (with its -wal) and what can be read is carried over. Errors: no access, disk full, a schema newer than this
    // program's (says which).
    static Result<std::unique_ptr<Ledger>> open(boost::asio::io_context& loop, const Clock& clock,
                                                const std::filesystem::path& state, Opened& opened);
    virtual ~Ledger() = default;  // carries out what was asked for, then ends the thread

    // ---- at start, before anything else; blocks ----

    // The least that the schedule needs of one action in force or retrying; `due` is turned into this boot's clock:
    // within the boot it was recorded in as it stands, after a reboot by the wall clock, but never further away than
    // the action's timeout.
    struct Armed {
        ActionId id = 0;
        Key::Digest key{};
        std::string executable, command;
        Due due;
        Phase phase = Phase::InForce;
        int failures = 0;
        bool apply_failed = false;  // its apply did not succeed; a repeat is run, not told to abort
        bool apply_finished = false;
        std::chrono::milliseconds timeout{0}, deadline{0};
    };
    struct Recovered {
        bool rebooted = false;         // since the ledger was last open
        std::vector<Action> admitted;  // recorded and not finished, oldest first; RunningMarks tells which were told
        std::int64_t armed = 0;
    };
    // Calls `each` for every armed action in no particular order (100,000 of them in well under a second).
    virtual Result<Recovered> recover(const std::function<void(Armed&&)>& each) = 0;

    // ---- ids ----
    // The next free id. Reserves blocks of them in the ledger, so that none comes back after a crash.
    virtual ActionId next_id() = 0;

    // ---- writes ----
    using Done = std::function<void(Result<void>)>;
    // Committed and synced before `done` is called. On an Error (disk full, I/O) nothing was recorded. Error code
    // no_space_on_device when the disk is full.
    virtual void admit(Action action, Done done) = 0;

    // The following need no sync: they survive a crash of Riposte when carried out, and losing one in a crash of the
    // machine repeats a reversal at worst. Those marked (synced) are part of a synced commit. One that the disk refuses
    // is kept and tried again with the next commit and every second, in order, until it succeeds; `done`, where given,
    // is called then. finish_apply and finish_reverse hold up no execution, so they are held for up to 10 ms and share
    // a commit with others.
    //
    // The key is known, `due` starts to count. The action is in force from now on.
    virtual void set_in_force(ActionId id, const Key& key, Due due) = 0;
    // The apply ended. `phase` is InForce (with `due`) or Closed.
    virtual void finish_apply(ActionId id, const Outcome& outcome, Phase phase, Due due, Done done = {}) = 0;
    // (synced) The due time moved.
    virtual void set_due(ActionId id, Due due, Phase phase) = 0;
    // A reversal ended. `phase` is Closed, or Retrying with the time of the next try in `due`.
    virtual void finish_reverse(ActionId id, const Outcome& outcome, Phase phase, Due due, int failures,
                                Done done = {}) = 0;
    // (synced)
    virtual void abandon(ActionId id) = 0;
    // Everything was finished and is about to stop, or the boot goes on: brings the wall-clock due times in line with
    // the boot clock.
    virtual void refresh_wall_times() = 0;

    // ---- repeat offenders ----
    // Counts an offence of the key and tells how many there were before this one and not older than forget_after.
    virtual void count_offence(const Key& key, std::chrono::seconds forget_after,
                               std::function<void(std::int64_t)> done) = 0;
    // Forgets one value (an address, a user; as one of the key's values) or, without one, everything. Tells how many
    // were forgotten.
    virtual void forget_offenders(std::optional<std::string> value, std::function<void(std::int64_t)> done) = 0;

    // ---- reads ----
    virtual void load(ActionId id, std::function<void(Result<Action>)> done) = 0;
    struct Query {
        bool pending_only = false;  // in force, retrying, or admitted and stateful
        std::optional<ActionId> id;
        std::optional<std::string> target;   // srcip, user, filename or one of the key's values
        std::optional<std::string> command;  // command or executable
        std::optional<WallTime> since;       // received then or later
        bool oldest_first = true;
        ActionId after_id = 0;  // for paging: only ids beyond it (in the chosen order); 0: from the start
        int limit = 500;        // at most 5,000
    };
    // Without the told document (Action::told is empty).
    virtual void query(Query query, std::function<void(Result<std::vector<Action>>)> done) = 0;

    struct Health {
        bool writable = true;  // false while the disk refuses writes
        std::string problem;
        std::int64_t commits = 0, synced_commits = 0, actions_admitted = 0;  // since the start
        std::int64_t writes_waiting = 0;
        std::int64_t bytes = 0;  // of the database file
    };
    virtual Health health() const = 0;
    // The same as Health::writable, at no cost.
    virtual bool is_writable() const = 0;
};

// The same query on a ledger that no service has open, for the CLI. Opens read-only.
Result<std::vector<Action>> query_closed_ledger(const std::filesystem::path& state, const Clock& clock,
                                                const Ledger::Query& query);

// Finished actions older than this, or beyond this many, are removed as new ones come.
inline constexpr std::chrono::hours kHistoryAge{30 * 24};
inline constexpr std::int64_t kHistoryActions = 100'000;

}  // namespace riposte
