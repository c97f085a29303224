// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/store.h"

#include "src/action/record_text.h"
#include "src/ledger/schema.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sqlite3.h>
#include <utility>

namespace riposte {

using sqlite::Blob;
using sqlite::Connection;
using sqlite::SqlError;
using sqlite::Statement;

namespace {

constexpr std::size_t kMaxOutput = 4096;
constexpr std::size_t kMaxText = 1024;
constexpr int kSliceActions = 2000;
constexpr int kMaxQueryActions = 5000;
// Pages in the log before they are moved: when nothing else waits, and in any case.
constexpr int kLogPagesIdle = 1000;
constexpr int kLogPages = 4000;
// Of a larger ledger, what executables are told is read when it is needed and not at the start: about a second's worth.
constexpr std::int64_t kFullCheckPages = 131'072;
// How many forgotten offenders each new offence removes.
constexpr int kForgetPerOffence = 4;
constexpr int kApply = 0;
constexpr int kReverse = 1;

constexpr const char* kColumns =
    "id, phase, finished_wall_ms, name, command, executable, channel, srcip, user, filename, rule_id, alert_id, "
    "key_executable, key_kind, key_values, key_digest, timeout_ms, deadline_ms, received_wall_ms, received_boot_ms, "
    "due_boot_ms, due_wall_ms, span_ms, applied_wall_ms, failures, "
    "apply_kind, apply_exit_code, apply_signal, apply_duration_ms, apply_text, "
    "reverse_kind, reverse_exit_code, reverse_signal, reverse_duration_ms, reverse_text";

// Their places in kColumns.
enum Column : int {
    kId,
    kPhase,
    kFinishedWallMs,
    kName,
    kCommand,
    kExecutable,
    kChannel,
    kSrcip,
    kUser,
    kFilename,
    kRuleId,
    kAlertId,
    kKeyExecutable,
    kKeyKind,
    kKeyValues,
    kKeyDigest,
    kTimeoutMs,
    kDeadlineMs,
    kReceivedWallMs,
    kReceivedBootMs,
    kDueBootMs,
    kDueWallMs,
    kSpanMs,
    kAppliedWallMs,
    kFailures,
    kApplyKind,
    kReverseKind = kApplyKind + 5,
    kColumnCount = kReverseKind + 5,
};

std::string with_columns(const char* before, const char* after) {
    return std::string(before) + kColumns + after;
}

bool read_outcome(const Statement& row, int first, Outcome& outcome) {
    if (row.is_null(first)) return false;
    outcome.kind = static_cast<Outcome::Kind>(row.integer(first));
    outcome.exit_code = static_cast<int>(row.integer(first + 1));
    outcome.signal = static_cast<int>(row.integer(first + 2));
    outcome.duration = row.duration(first + 3);
    outcome.text = row.text(first + 4);
    return true;
}

Key read_key(const Statement& row) {
    Key key;
    key.executable = row.text(kKeyExecutable);
    if (key.executable.empty()) key.executable = row.text(kExecutable);
    key.kind = static_cast<Key::Kind>(row.integer(kKeyKind));
    key.values = key_values_from_text(row.text(kKeyValues));
    return key;
}

Action read_action(const Statement& row) {
    Action action;
    action.id = row.integer(kId);
    action.phase = static_cast<Phase>(row.integer(kPhase));
    action.name = row.text(kName);
    action.command = row.text(kCommand);
    action.executable = row.text(kExecutable);
    action.channel = row.text(kChannel);
    action.srcip = row.text(kSrcip);
    action.user = row.text(kUser);
    action.filename = row.text(kFilename);
    action.rule_id = row.text(kRuleId);
    action.alert_id = row.text(kAlertId);
    action.key = read_key(row);
    action.timeout = row.duration(kTimeoutMs);
    action.deadline = row.duration(kDeadlineMs);
    action.received_wall = row.wall_time(kReceivedWallMs);
    action.received_boot = row.boot_time(kReceivedBootMs);
    action.due = {row.boot_time(kDueBootMs), row.wall_time(kDueWallMs)};
    if (row.integer(kAppliedWallMs) != 0) action.applied_wall = row.wall_time(kAppliedWallMs);
    action.failures = static_cast<int>(row.integer(kFailures));
    action.apply_finished = read_outcome(row, kApplyKind, action.apply);
    action.reverse_finished = read_outcome(row, kReverseKind, action.reverse);
    return action;
}

Key::Digest read_digest(const Statement& row, int column) {
    Key::Digest digest{};
    const Blob blob = row.blob(column);
    if (blob.size == digest.size())
        std::copy_n(static_cast<const std::uint8_t*>(blob.data), digest.size(), digest.begin());
    return digest;
}

Blob as_blob(const Key::Digest& digest) {
    return {digest.data(), digest.size()};
}

bool is_finished(Phase phase) {
    return phase == Phase::Closed || phase == Phase::Abandoned;
}

// A row of a damaged file: whether the types and the ranges can be an action's, and its key matches its digest.
bool makes_sense(const Statement& row) {
    for (int column = 0; column < kApplyKind; ++column) {
        const bool text = (column >= kName && column <= kKeyExecutable) || column == kKeyValues;
        const bool right = column == kKeyDigest ? row.is_blob(column)
                           : text               ? row.is_text(column)
                                                : row.is_integer(column);
        if (!right) return false;
    }
    for (const int first : {static_cast<int>(kApplyKind), static_cast<int>(kReverseKind)})
        if (!row.is_null(first) && (!row.is_integer(first) || row.integer(first) < 0 ||
                                    row.integer(first) > static_cast<int>(Outcome::Kind::DryRun)))
            return false;
    const std::int64_t phase = row.integer(kPhase);
    if (row.integer(kId) <= 0 || phase < 0 || phase > static_cast<int>(Phase::Abandoned)) return false;
    return read_key(row).digest() == read_digest(row, kKeyDigest);
}

int log_grew(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

}  // namespace

Due due_after_reboot(Due due, const Moment& now, std::chrono::milliseconds longest) {
    const auto left = std::min(due.wall - now.wall, longest);
    return {std::max(BootTime(), now.boot + left), now.wall + left};
}

struct Store::Statements {
    explicit Statements(Connection& c)
        : admit(c, with_columns("INSERT INTO action(",
                                ") VALUES(?,?,0,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,0,"
                                "NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)")),
          admit_told(c, "INSERT OR REPLACE INTO told(id, document) VALUES(?,?)"),
          set_in_force(
              c,
              "UPDATE action SET phase=1, key_executable=CASE WHEN executable=?2 THEN '' ELSE ?2 END, key_kind=?3, "
              "key_values=?4, key_digest=?5, due_boot_ms=?6, due_wall_ms=?7, span_ms=max(span_ms,?8), "
              "applied_wall_ms=CASE applied_wall_ms WHEN 0 THEN ?9 ELSE applied_wall_ms END "
              "WHERE id=?1 AND phase<=2"),
          // The phase stands in the index: not naming it spares the index two writes.
          finish_apply_in_force(
              c,
              "UPDATE action SET due_boot_ms=?2, due_wall_ms=?3, span_ms=max(span_ms,?4), apply_kind=?5, "
              "apply_exit_code=?6, apply_signal=?7, apply_duration_ms=?8, apply_text=?9 "
              "WHERE id=?1 AND phase=1"),
          finish_apply(
              c,
              "UPDATE action SET phase=?2, finished_wall_ms=?3, due_boot_ms=?4, due_wall_ms=?5, "
              "span_ms=max(span_ms,?6), applied_wall_ms=CASE WHEN ?2=1 AND applied_wall_ms=0 THEN ?7 ELSE "
              "applied_wall_ms END, apply_kind=?8, apply_exit_code=?9, apply_signal=?10, apply_duration_ms=?11, "
              "apply_text=?12 WHERE id=?1 AND phase<=2"),
          set_due(c,
                  "UPDATE action SET phase=?2, due_boot_ms=?3, due_wall_ms=?4, span_ms=max(span_ms,?5) "
                  "WHERE id=?1 AND phase<=2"),
          finish_reverse(
              c,
              "UPDATE action SET phase=?2, finished_wall_ms=?3, due_boot_ms=?4, due_wall_ms=?5, failures=?6, "
              "reverse_kind=?7, reverse_exit_code=?8, reverse_signal=?9, reverse_duration_ms=?10, "
              "reverse_text=?11 WHERE id=?1 AND (phase<=2 OR (phase=4 AND ?2=3))"),
          abandon(c, "UPDATE action SET phase=4, finished_wall_ms=?2 WHERE id=?1 AND phase<=2"),
          refresh(c,
                  "UPDATE action SET due_wall_ms=?1+due_boot_ms WHERE phase IN (1,2) "
                  "AND abs(due_wall_ms-?1-due_boot_ms)>=1000"),
          delete_told(c, "DELETE FROM told WHERE id=?"),
          write_output(c, "INSERT OR REPLACE INTO output(id, verb, text) VALUES(?,?,?)"),
          delete_output(c, "DELETE FROM output WHERE id=? AND verb=?"),
          read_outputs(c, "SELECT verb, text FROM output WHERE id=?"),
          delete_outputs(c, "DELETE FROM output WHERE id=?"),
          delete_action(c, "DELETE FROM action WHERE id=?"),
          finished(c, "SELECT id, finished_wall_ms FROM action WHERE phase=? ORDER BY finished_wall_ms LIMIT ?"),
          load(c, with_columns("SELECT ", " FROM action WHERE id=?")),
          load_told(c, "SELECT document FROM told WHERE id=?"),
          get_meta(c, "SELECT value FROM meta WHERE name=?"),
          set_meta(c, "INSERT INTO meta(name, value) VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET value=?2"),
          get_offender(c, "SELECT count, last_wall_ms FROM offender WHERE key_digest=?"),
          set_offender(
              c,
              "INSERT INTO offender(key_digest, executable, key_values, count, last_wall_ms) VALUES(?1,?2,?3,?4,?5) "
              "ON CONFLICT(key_digest) DO UPDATE SET count=?4, last_wall_ms=?5"),
          oldest_offenders(c, "SELECT key_digest, last_wall_ms FROM offender ORDER BY last_wall_ms LIMIT ?"),
          delete_offender(c, "DELETE FROM offender WHERE key_digest=?"),
          restore(c, with_columns("INSERT OR IGNORE INTO action(",
                                  ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
          give_up(
              c,
              "UPDATE action SET phase=4, finished_wall_ms=?2, reverse_kind=?3, reverse_exit_code=0, reverse_signal=0, "
              "reverse_duration_ms=0, reverse_text=?4 WHERE id=?1"),
          restore_offender(c, "INSERT OR IGNORE INTO offender VALUES(?,?,?,?,?)") {}

    Statement admit, admit_told, set_in_force, finish_apply_in_force, finish_apply, set_due, finish_reverse, abandon,
        refresh, delete_told, write_output, delete_output, read_outputs, delete_outputs, delete_action, finished, load,
        load_told, get_meta, set_meta, get_offender, set_offender, oldest_offenders, delete_offender, restore, give_up,
        restore_offender;
};

Store::Store(const std::filesystem::path& file, const Clock& clock, Mode mode, Retention retention)
    : clock_(clock),
      retention_(retention),
      connection_(file, mode == Mode::ReadWrite ? Connection::Mode::ReadWrite : Connection::Mode::ReadOnly) {
    if (mode == Mode::ReadOnly) {
        if (check_version(connection_, migrations()) != migrations().back().version)
            throw std::runtime_error(
                "it was written by an older Riposte: start the service once, which brings it up to date");
        prepare();
        return;
    }
    configure();
    migrated_from_ = migrate(connection_, migrations());
    created_ = migrated_from_ == 0;
    if (migrated_from_ == migrations().back().version) migrated_from_ = 0;
    prepare();
    closed_ = closed_before_ = connection_.integer("SELECT count(*) FROM action WHERE phase=3");
    offenders_ = offenders_before_ = connection_.integer("SELECT count(*) FROM offender");
    if (created_) set_meta("boot_id", clock_.boot_id());
}

Store::~Store() {
    statements_.reset();
}

void Store::configure() {
    // Exclusive: a second process must not write here, the log's index stays in memory instead of a mapped file that
    // someone could truncate, and a commit needs no file locks.
    connection_.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF");
    // Before the first setting that is written to the file, which may be someone else's.
    check_version(connection_, migrations());
    connection_.execute(
        "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA cache_size=-1500; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA secure_delete=OFF; "
        "PRAGMA journal_size_limit=16777216");
    sqlite3_wal_hook(connection_.handle(), log_grew, &log_pages_);
}

void Store::prepare() {
    try {
        statements_ = std::make_unique<Statements>(connection_);
    } catch (const SqlError& error) {
        // A table is missing or has other columns, although the version is right.
        if (error.is_damage() || error.is_temporary()) throw;
        throw SqlError(SQLITE_CORRUPT, {}, error.what());
    }
}

std::string Store::check() {
    const bool all = connection_.integer("PRAGMA page_count") <= kFullCheckPages;
    for (const char* check :
         all ? std::vector<const char*>{"PRAGMA quick_check(1)"}
             : std::vector<const char*>{"PRAGMA quick_check(meta)", "PRAGMA quick_check(action)",
                                        "PRAGMA quick_check(output)", "PRAGMA quick_check(offender)"})
        if (std::string found = connection_.text(check); found != "ok") return found;
    return {};
}

std::string Store::meta(const char* name) {
    statements_->get_meta.start(name);
    std::string value = statements_->get_meta.step() ? std::string(statements_->get_meta.text(0)) : std::string();
    statements_->get_meta.reset();
    return value;
}

void Store::set_meta(const char* name, const std::string& value) {
    statements_->set_meta.run(name, value);
}

bool Store::of_this_boot() {
    return meta("boot_id") == clock_.boot_id();
}

void Store::anchor_to_this_boot() {
    const Moment now = Moment::of(clock_);
    sqlite::Transaction transaction(connection_);
    {
        Statement armed(
            connection_,
            "SELECT id, due_boot_ms, due_wall_ms, max(timeout_ms, span_ms) FROM action WHERE phase IN (1,2)");
        Statement update(connection_, "UPDATE action SET due_boot_ms=?2, due_wall_ms=?3 WHERE id=?1");
        while (armed.step()) {
            const Due due = due_after_reboot({armed.boot_time(1), armed.wall_time(2)}, now, armed.duration(3));
            update.run(armed.integer(0), due.boot, due.wall);
        }
        // So that the age of a request is right in this boot, now and after the next start of Riposte.
        Statement admitted(connection_,
                           "UPDATE action SET received_boot_ms=?1-max(0,?2-received_wall_ms) WHERE phase=0");
        admitted.run(now.boot, now.wall);
    }
    set_meta("boot_id", clock_.boot_id());
    transaction.commit();
}

Ledger::Recovered Store::recover(const std::function<void(Ledger::Armed&&)>& each) {
    Ledger::Recovered recovered;
    recovered.rebooted = !of_this_boot();
    if (recovered.rebooted) anchor_to_this_boot();
    Statement armed(
        connection_,
        "SELECT id, key_digest, executable, command, due_boot_ms, due_wall_ms, phase, failures, apply_kind, "
        "timeout_ms, deadline_ms "
        "FROM action WHERE phase IN (1,2)");
    while (armed.step()) {
        Ledger::Armed one;
        one.id = armed.integer(0);
        one.key = read_digest(armed, 1);
        one.executable = armed.text(2);
        one.command = armed.text(3);
        one.due = {armed.boot_time(4), armed.wall_time(5)};
        one.phase = static_cast<Phase>(armed.integer(6));
        one.failures = static_cast<int>(armed.integer(7));
        one.apply_failed = !armed.is_null(8) && armed.integer(8) != static_cast<int>(Outcome::Kind::Success);
        one.apply_finished = !armed.is_null(8);
        one.timeout = armed.duration(9);
        one.deadline = armed.duration(10);
        ++recovered.armed;
        each(std::move(one));
    }
    std::vector<ActionId> admitted;
    Statement ids(connection_, "SELECT id FROM action WHERE phase=0 ORDER BY id");
    while (ids.step()) admitted.push_back(ids.integer(0));
    for (const ActionId id : admitted) {
        try {
            if (auto action = load(id)) recovered.admitted.push_back(*std::move(action));
        } catch (const SqlError&) {
            throw;
        } catch (const std::exception&) {
            give_up(id);
        }
    }
    return recovered;
}

ActionId Store::reserve_first_ids(std::int64_t count) {
    ActionId next = 1;
    const std::string stored = meta("next_id");
    std::from_chars(stored.data(), stored.data() + stored.size(), next);
    next = std::max({next, ActionId{1}, connection_.integer("SELECT max(id) FROM action") + 1});
    begin(true);
    reserve_ids(next + count);
    commit();
    return next;
}

void Store::reserve_ids(ActionId next) {
    set_meta("next_id", std::to_string(next));
}

void Store::begin(bool durable) {
    if (durable != syncs_) {
        connection_.execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        syncs_ = durable;
    }
    closed_before_ = closed_;
    offenders_before_ = offenders_;
    connection_.execute("BEGIN IMMEDIATE");
}

void Store::commit() {
    connection_.execute("COMMIT");
}

void Store::rollback() noexcept {
    if (connection_.in_transaction()) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    closed_ = closed_before_;
    offenders_ = offenders_before_;
}

void Store::admit(const Action& action) {
    const std::string values = key_values_text(action.key.values);
    const Key::Digest digest = action.key.digest();
    const std::string_view key_executable =
        action.key.executable == action.executable ? std::string_view() : std::string_view(action.key.executable);
    statements_->admit.run(action.id, static_cast<int>(action.phase), action.name, action.command, action.executable,
                           action.channel, action.srcip, action.user, action.filename, action.rule_id, action.alert_id,
                           key_executable, static_cast<int>(action.key.kind), values, as_blob(digest), action.timeout,
                           action.deadline, action.received_wall, action.received_boot, action.due.boot,
                           action.due.wall, action.timeout);
    const std::string told = serialize_child_input(action.input);
    statements_->admit_told.run(action.id, told);
}

void Store::set_in_force(ActionId id, const Key& key, Due due, const Moment& now) {
    const std::string values = key_values_text(key.values);
    const Key::Digest digest = key.digest();
    statements_->set_in_force.run(id, key.executable, static_cast<int>(key.kind), values, as_blob(digest), due.boot,
                                  due.wall, due.boot - now.boot, now.wall);
}

void Store::finish_apply(ActionId id, const Outcome& outcome, Phase phase, Due due, const Moment& now) {
    const std::string text = first_part(outcome.text, kMaxText);
    const int kind = static_cast<int>(outcome.kind);
    bool written = false;
    if (phase == Phase::InForce) {
        statements_->finish_apply_in_force.run(id, due.boot, due.wall, due.boot - now.boot, kind, outcome.exit_code,
                                               outcome.signal, outcome.duration, text);
        written = connection_.changes() != 0;
    }
    if (!written) {
        statements_->finish_apply.run(id, static_cast<int>(phase), is_finished(phase) ? now.wall : WallTime(), due.boot,
                                      due.wall, is_finished(phase) ? std::chrono::milliseconds(0) : due.boot - now.boot,
                                      now.wall, kind, outcome.exit_code, outcome.signal, outcome.duration, text);
        if (connection_.changes() == 0) return;
    }
    write_output(id, kApply, outcome.output);
    if (is_finished(phase)) close_action(id);
}

void Store::set_due(ActionId id, Due due, Phase phase, const Moment& now) {
    statements_->set_due.run(id, static_cast<int>(phase), due.boot, due.wall, due.boot - now.boot);
}

void Store::finish_reverse(ActionId id, const Outcome& outcome, Phase phase, Due due, int failures, const Moment& now) {
    const std::string text = first_part(outcome.text, kMaxText);
    statements_->finish_reverse.run(id, static_cast<int>(phase), is_finished(phase) ? now.wall : WallTime(), due.boot,
                                    due.wall, failures, static_cast<int>(outcome.kind), outcome.exit_code,
                                    outcome.signal, outcome.duration, text);
    if (connection_.changes() == 0) return;
    write_output(id, kReverse, outcome.output);
    if (is_finished(phase)) close_action(id);
}

void Store::abandon(ActionId id, const Moment& now) {
    statements_->abandon.run(id, now.wall);
    if (connection_.changes() != 0) close_action(id);
}

void Store::close_action(ActionId id) {
    statements_->delete_told.run(id);
    ++closed_;
}

void Store::refresh_wall_times(const Moment& now) {
    statements_->refresh.run(to_ms(now.wall) - to_ms(now.boot));
}

void Store::write_output(ActionId id, int verb, const std::string& output) {
    if (output.empty())
        statements_->delete_output.run(id, verb);
    else
        statements_->write_output.run(id, verb, last_part(output, kMaxOutput));
}

std::int64_t Store::offences(const Key& key, std::chrono::seconds forget_after, const Moment& now) {
    const Key::Digest digest = key.digest();
    auto& statement = statements_->get_offender;
    statement.start(as_blob(digest));
    std::int64_t count = 0;
    if (statement.step() && statement.wall_time(1) >= now.wall - forget_after) count = statement.integer(0);
    statement.reset();
    return count;
}

std::int64_t Store::count_offence(const Key& key, std::chrono::seconds forget_after, const Moment& now) {
    const std::int64_t before = offences(key, forget_after, now);
    const Key::Digest digest = key.digest();
    const std::string values = key_values_text(key.values);
    if (before == 0) {
        // It may stand there and be forgotten already.
        statements_->delete_offender.run(as_blob(digest));
        offenders_ += 1 - connection_.changes();
    }
    statements_->set_offender.run(as_blob(digest), key.executable, values, before + 1, now.wall);

    std::vector<Key::Digest> forgotten;
    const WallTime oldest = now.wall - forget_after;
    statements_->oldest_offenders.start(kForgetPerOffence);
    while (statements_->oldest_offenders.step()) {
        const bool too_many = offenders_ - std::ssize(forgotten) > retention_.offenders;
        if (!too_many && statements_->oldest_offenders.wall_time(1) >= oldest) break;
        forgotten.push_back(read_digest(statements_->oldest_offenders, 0));
    }
    statements_->oldest_offenders.reset();
    for (const Key::Digest& one : forgotten) {
        statements_->delete_offender.run(as_blob(one));
        offenders_ -= connection_.changes();
    }
    return before;
}

std::int64_t Store::forget_offenders(const std::optional<std::string>& value) {
    if (value) {
        Statement forget(connection_,
                         "DELETE FROM offender WHERE instr(key_values, ?1) != 0 "
                         "AND EXISTS(SELECT 1 FROM json_each(key_values) WHERE value=?2)");
        forget.run(json_string(*value), *value);
    } else {
        connection_.execute("DELETE FROM offender");
    }
    const std::int64_t count = connection_.changes();
    offenders_ -= count;
    return count;
}

void Store::prune(const Moment& now, std::int64_t most) {
    prune_phase(Phase::Closed, now, most);
    prune_phase(Phase::Abandoned, now, most);
}

void Store::prune_phase(Phase phase, const Moment& now, std::int64_t most) {
    const std::int64_t excess = phase == Phase::Closed ? closed_ - retention_.actions : 0;
    std::vector<ActionId> old;
    auto& finished = statements_->finished;
    finished.start(static_cast<int>(phase), most);
    while (finished.step() && (finished.wall_time(1) < now.wall - retention_.age || std::ssize(old) < excess))
        old.push_back(finished.integer(0));
    finished.reset();
    for (const ActionId id : old) {
        statements_->delete_outputs.run(id);
        statements_->delete_action.run(id);
    }
    if (phase == Phase::Closed) closed_ -= std::ssize(old);
}

void Store::read_outputs(Action& action) {
    auto& outputs = statements_->read_outputs;
    outputs.start(action.id);
    while (outputs.step()) (outputs.integer(0) == kApply ? action.apply : action.reverse).output = outputs.text(1);
    outputs.reset();
}

std::optional<Action> Store::load(ActionId id) {
    std::optional<Action> action;
    statements_->load.start(id);
    if (statements_->load.step()) action = read_action(statements_->load);
    statements_->load.reset();
    if (!action) return action;
    read_outputs(*action);
    if (!is_finished(action->phase)) action->input = load_told(id);
    return action;
}

ChildInput Store::load_told(ActionId id) {
    statements_->load_told.start(id);
    Result<ChildInput> told = failure("it is not there");
    if (statements_->load_told.step()) told = parse_child_input(statements_->load_told.text(0));
    statements_->load_told.reset();
    // An executable that is told nothing would seem to have undone its action.
    if (!told)
        throw std::runtime_error("what the executable of action " + std::to_string(id) +
                                 " must be told cannot be read: " + told.error().text());
    return *std::move(told);
}

QueryProgress Store::start_query(Ledger::Query query) {
    query.limit = std::clamp(query.limit, 0, kMaxQueryActions);
    const ActionId start =
        query.oldest_first || query.after_id > 0 ? query.after_id : std::numeric_limits<ActionId>::max();
    return {std::move(query), {}, start, false};
}

ActionId Store::slice_end(const QueryProgress& progress) {
    const bool up = progress.query.oldest_first;
    Statement end(connection_, up ? "SELECT id FROM action WHERE id>? ORDER BY id LIMIT 1 OFFSET ?"
                                  : "SELECT id FROM action WHERE id<? ORDER BY id DESC LIMIT 1 OFFSET ?");
    end.start(progress.position, kSliceActions - 1);
    if (end.step()) return end.integer(0);
    return up ? std::numeric_limits<ActionId>::max() : 0;
}

void Store::advance(QueryProgress& progress) {
    const Ledger::Query& query = progress.query;
    const bool up = query.oldest_first;
    const ActionId end = slice_end(progress);
    std::string sql = with_columns("SELECT ", " FROM action WHERE id BETWEEN ?1 AND ?2");
    if (query.pending_only) sql += " AND (phase IN (1,2) OR (phase=0 AND timeout_ms>0))";
    if (query.id) sql += " AND id=?3";
    if (query.target)
        sql +=
            " AND (srcip=?4 OR user=?4 OR filename=?4 OR (instr(key_values, ?5) != 0 AND "
            "EXISTS(SELECT 1 FROM json_each(key_values) WHERE value=?4)))";
    if (query.command) sql += " AND (command=?6 OR executable=?6)";
    if (query.since) sql += " AND received_wall_ms>=?7";
    sql += up ? " ORDER BY id LIMIT ?8" : " ORDER BY id DESC LIMIT ?8";

    const std::optional<std::string> quoted = query.target ? std::optional(json_string(*query.target)) : std::nullopt;
    const std::size_t before = progress.found.size();
    Statement select(connection_, sql);
    select.start(up ? progress.position + 1 : end, up ? end : progress.position - 1, query.id, query.target, quoted,
                 query.command, query.since, query.limit - std::ssize(progress.found));
    while (select.step()) progress.found.push_back(read_action(select));
    for (std::size_t i = before; i < progress.found.size(); ++i) read_outputs(progress.found[i]);
    progress.position = end;
    progress.finished =
        std::ssize(progress.found) >= query.limit || end == (up ? std::numeric_limits<ActionId>::max() : 0);
}

void Store::checkpoint(bool idle) {
    if (log_pages_ < (idle ? kLogPagesIdle : kLogPages)) return;
    log_pages_ = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(connection_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY) connection_.fail(code);
}

const std::string& Store::action_columns() {
    static const std::string columns = kColumns;
    return columns;
}

Restored Store::restore_action(const Statement& row, const std::optional<std::string>& told) {
    Restored restored{row.is_integer(kId) ? row.integer(kId) : 0, false};
    if (!makes_sense(row)) return restored;
    const auto phase = static_cast<Phase>(row.integer(kPhase));
    const bool needs_told = !is_finished(phase);
    const bool has_told = told && parse_child_input(*told).has_value();
    Statement& insert = statements_->restore;
    for (int column = 0; column < kColumnCount; ++column) insert.bind_column(column + 1, row, column);
    insert.step();
    insert.reset();
    if (connection_.changes() == 0) return restored;
    restored.whole = !needs_told || has_told;
    if (needs_told && has_told) statements_->admit_told.run(restored.id, *told);
    if (needs_told && !has_told) give_up(restored.id);
    if (phase == Phase::Closed) ++closed_;
    return restored;
}

void Store::give_up(ActionId id) {
    statements_->give_up.run(
        id, clock_.wall_time(), static_cast<int>(Outcome::Kind::NotStarted),
        "the ledger was damaged and what its executable must be told is lost: undo this action by hand");
}

void Store::restore_offender(const Statement& row) {
    if (!row.is_blob(0) || row.blob(0).size != Key::Digest{}.size() || !row.is_text(1) || !row.is_text(2) ||
        !row.is_integer(3) || !row.is_integer(4))
        return;
    Statement& insert = statements_->restore_offender;
    for (int column = 0; column < 5; ++column) insert.bind_column(column + 1, row, column);
    insert.step();
    insert.reset();
    offenders_ += connection_.changes();
}

void Store::restore_meta(ActionId next_id, const std::string& boot_id) {
    reserve_ids(next_id);
    set_meta("boot_id", boot_id);
}

}  // namespace riposte
