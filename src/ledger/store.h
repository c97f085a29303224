// SPDX-License-Identifier: Apache-2.0
// The ledger's file, synchronously: for the ledger's thread and for the CLI on a ledger that nobody has open.
// Everything here throws sqlite::SqlError unless it says otherwise.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/action/action.h"
#include "src/ledger/ledger.h"
#include "src/ledger/sqlite.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

// When something was asked for, on both clocks.
struct Moment {
    BootTime boot;
    WallTime wall;
    static Moment of(const Clock& clock) { return {clock.boot_time(), clock.wall_time()}; }
};

// `due` of an earlier boot as it stands in this one, at most `longest` away; not before this boot.
Due due_after_reboot(Due due, const Moment& now, std::chrono::milliseconds longest);

// How much is kept of what is over.
struct Retention {
    std::chrono::milliseconds age = kHistoryAge;
    std::int64_t actions = kHistoryActions;
    std::int64_t offenders = 200'000;
};

// One pass over the ledger in slices, so that writes need not wait for its end.
struct QueryProgress {
    Ledger::Query query;
    std::vector<Action> found;
    ActionId position = 0;  // ids up to (newest first: down to) it were looked at
    bool finished = false;
};

// The state of one action in a damaged ledger, and whether it was read whole.
struct Restored {
    ActionId id = 0;
    bool whole = false;
};

class Store {
  public:
    enum class Mode { ReadWrite, ReadOnly };
    // Creates the file if it is missing; migrates it. Damage shows as a SqlError with is_damage(). Throws NewerSchema.
    Store(const std::filesystem::path& file, const Clock& clock, Mode mode = Mode::ReadWrite, Retention retention = {});
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    bool created() const { return created_; }
    int migrated_from() const { return migrated_from_; }
    sqlite::Connection& connection() { return connection_; }

    // Reads the pages, of a very large ledger those that the schedule needs. The text says what is wrong; empty:
    // nothing.
    std::string check();

    // ---- at start ----
    Ledger::Recovered recover(const std::function<void(Ledger::Armed&&)>& each);
    // The first of `count` ids that were reserved durably.
    ActionId reserve_first_ids(std::int64_t count);

    // ---- one transaction; a durable one is on the disk when commit() returns ----
    void begin(bool durable);
    void commit();
    void rollback() noexcept;

    void admit(const Action& action);
    void set_in_force(ActionId id, const Key& key, Due due, const Moment& now);
    void finish_apply(ActionId id, const Outcome& outcome, Phase phase, Due due, const Moment& now);
    void set_due(ActionId id, Due due, Phase phase, const Moment& now);
    void finish_reverse(ActionId id, const Outcome& outcome, Phase phase, Due due, int failures, const Moment& now);
    void abandon(ActionId id, const Moment& now);
    void refresh_wall_times(const Moment& now);
    void reserve_ids(ActionId next);
    std::int64_t count_offence(const Key& key, std::chrono::seconds forget_after, const Moment& now);
    std::int64_t forget_offenders(const std::optional<std::string>& value);
    // Removes at most `most` finished actions that are past their time.
    void prune(const Moment& now, std::int64_t most);

    // ---- reads ----
    std::int64_t offences(const Key& key, std::chrono::seconds forget_after, const Moment& now);
    std::optional<Action> load(ActionId id);
    static QueryProgress start_query(Ledger::Query query);
    // Looks at the next slice of actions.
    void advance(QueryProgress& progress);
    // Due times of another boot's ledger are told as of this one.
    bool of_this_boot();

    // ---- upkeep ----
    // Moves the log's pages into the database when it has grown enough; `idle`: nothing else waits.
    void checkpoint(bool idle);
    // For the health: the file was deleted or replaced by another.
    bool file_has_moved() const { return connection_.file_has_moved(); }

    // ---- for a fresh store that takes over what can be read of a damaged one ----
    // Copies the action in the current row (columns as action_columns()). Not whole: something in it makes no sense
    // (nothing is copied), or what it was told is lost: one in force is then abandoned with a text that says so.
    Restored restore_action(const sqlite::Statement& row, const std::optional<std::string>& told);
    void restore_offender(const sqlite::Statement& row);
    void restore_meta(ActionId next_id, const std::string& boot_id);
    static const std::string& action_columns();

  private:
    struct Statements;
    void configure();
    void prepare();
    void write_output(ActionId id, int verb, const std::string& output);
    void close_action(ActionId id);
    void anchor_to_this_boot();
    std::string meta(const char* name);
    void set_meta(const char* name, const std::string& value);
    void read_outputs(Action& action);
    ChildInput load_told(ActionId id);
    void give_up(ActionId id);
    ActionId slice_end(const QueryProgress& progress);
    void prune_phase(Phase phase, const Moment& now, std::int64_t most);

    const Clock& clock_;
    Retention retention_;
    sqlite::Connection connection_;
    bool created_ = false;
    int migrated_from_ = 0;
    bool syncs_ = true;  // what PRAGMA synchronous was last set to
    int log_pages_ = 0;
    // Of this transaction's outcome and of the last commit's.
    std::int64_t closed_ = 0, closed_before_ = 0;
    std::int64_t offenders_ = 0, offenders_before_ = 0;
    std::unique_ptr<Statements> statements_;
};

}  // namespace riposte
