// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/schema.h"

#include <array>
#include <sqlite3.h>

namespace riposte {

namespace {

// The executable's input and output stand in tables of their own, so that scans of many actions stay small. `span_ms`
// is the longest time for which the due time was ever set, and bounds it after a reboot. The index serves the open
// actions (phases 0 to 2) and, in the order in which they ended, those that may be pruned.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE action(
    id INTEGER PRIMARY KEY,
    phase INTEGER NOT NULL,
    finished_wall_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    command TEXT NOT NULL,
    executable TEXT NOT NULL,
    channel TEXT NOT NULL,
    srcip TEXT NOT NULL,
    user TEXT NOT NULL,
    filename TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    key_executable TEXT NOT NULL,
    key_kind INTEGER NOT NULL,
    key_values TEXT NOT NULL,
    key_digest BLOB NOT NULL,
    timeout_ms INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    received_wall_ms INTEGER NOT NULL,
    received_boot_ms INTEGER NOT NULL,
    due_boot_ms INTEGER NOT NULL,
    due_wall_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL,
    applied_wall_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    apply_kind INTEGER,
    apply_exit_code INTEGER,
    apply_signal INTEGER,
    apply_duration_ms INTEGER,
    apply_text TEXT,
    reverse_kind INTEGER,
    reverse_exit_code INTEGER,
    reverse_signal INTEGER,
    reverse_duration_ms INTEGER,
    reverse_text TEXT
) STRICT;
CREATE INDEX action_phase ON action(phase, finished_wall_ms);
CREATE TABLE told(id INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE output(id INTEGER NOT NULL, verb INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(id, verb))
    STRICT, WITHOUT ROWID;
CREATE TABLE offender(
    key_digest BLOB PRIMARY KEY,
    executable TEXT NOT NULL,
    key_values TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_wall_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX offender_last ON offender(last_wall_ms);
)sql";

constexpr std::array kMigrations{Migration{1, kVersion1}};

}  // namespace

std::span<const Migration> migrations() {
    return kMigrations;
}

int check_version(sqlite::Connection& connection, std::span<const Migration> steps) {
    const int version = static_cast<int>(connection.integer("PRAGMA user_version"));
    const int current = steps.back().version;
    if (version > current)
        throw NewerSchema("it has schema version " + std::to_string(version) + ", this Riposte knows up to " +
                          std::to_string(current) + ": start the Riposte that wrote it, or a newer one");
    if (version < 0 || (version == 0 && connection.integer("SELECT count(*) FROM sqlite_schema") != 0))
        throw sqlite::SqlError(SQLITE_NOTADB, {}, "the file is a database of something else");
    return version;
}

int migrate(sqlite::Connection& connection, std::span<const Migration> steps) {
    const int from = check_version(connection, steps);
    const int current = steps.back().version;
    if (from == current) return from;
    sqlite::Transaction transaction(connection);
    for (const Migration& step : steps)
        if (step.version > from) connection.execute(step.sql);
    connection.execute(("PRAGMA user_version = " + std::to_string(current)).c_str());
    transaction.commit();
    return from;
}

}  // namespace riposte
