// SPDX-License-Identifier: Apache-2.0
#include "src/link/store.h"

#include "src/ledger/schema.h"
#include "src/ledger/sqlite.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;
using sqlite::SqlError;

// Whose counters: a manager's, or those of what is sent.
constexpr std::string_view kSent = "";
constexpr std::array kSchema{
    Migration{1,
              "CREATE TABLE counter (peer TEXT PRIMARY KEY, pair TEXT NOT NULL) WITHOUT ROWID;"
              "CREATE TABLE task (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);"
              "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, location TEXT NOT NULL, text TEXT NOT NULL);"},
    Migration{2,
              "CREATE TABLE request (id INTEGER PRIMARY KEY, body TEXT NOT NULL, received_wall_ms INTEGER NOT NULL);"}};

class SqliteLinkStore final : public LinkStore {
  public:
    explicit SqliteLinkStore(const fs::path& file) : path_(file.string()), connection_(prepare(file)) {
        waiting_ = static_cast<std::size_t>(connection_.integer("SELECT count(*) FROM event"));
    }

    Result<void> begin(WallTime now) override {
        return guarded("count on", [&] {
            const std::optional<CounterPair> stored = parse_counters(read_counter(kSent));
            const CounterPair first = stored ? CounterPair{stored->global + 1, 0} : counters_from_time(now);
            // Once on the disk, it is above all that this run sends before it is written again.
            connection_.execute("PRAGMA synchronous = FULL");
            write_counter(kSent, counters_text(first));
            connection_.execute("PRAGMA synchronous = NORMAL");
            last_sent_ = first;
        });
    }

    Result<CounterPair> take() override {
        const CounterPair next = next_counters(last_sent_);
        const Result<void> stored = guarded("count on", [&] { write_counter(kSent, counters_text(next)); });
        if (!stored) return stored.error();
        return last_sent_ = next;
    }

    Result<ReplayCheck> received(std::string_view manager) override {
        std::optional<ReplayCheck> found;
        const Result<void> read = guarded("read", [&] { found = ReplayCheck::restore(read_counter(manager)); });
        if (!read) return read.error();
        return found.value_or(ReplayCheck());
    }
    Result<void> remember_received(std::string_view manager, const ReplayCheck& check,
                                   const KeptRequest* request) override {
        return guarded("keep a message in", [&] {
            if (request == nullptr) return write_counter(manager, check.save());
            sqlite::Transaction transaction(connection_);
            write_counter(manager, check.save());
            keep(*request);
            transaction.commit();
        });
    }
    Result<void> forget_received() override {
        return guarded("change", [&] { connection_.execute("DELETE FROM counter WHERE peer <> ''"); });
    }

    Result<bool> take_task(std::string_view id, const KeptRequest* request) override {
        bool is_new = false;
        const Result<void> stored = guarded("keep a task in", [&] {
            sqlite::Transaction transaction(connection_);
            insert_task_.run(id);
            is_new = connection_.changes() == 1;
            if (is_new) drop_tasks_.run(static_cast<std::int64_t>(kMaxTasks));
            if (is_new && request != nullptr) keep(*request);
            transaction.commit();
        });
        if (!stored) return stored.error();
        return is_new;
    }

    Result<std::vector<KeptRequest>> kept_requests() override {
        std::vector<KeptRequest> found;
        const Result<void> read = guarded("read", [&] {
            sqlite::Statement rows(connection_, "SELECT id, body, received_wall_ms FROM request ORDER BY id");
            while (rows.step()) found.push_back({rows.integer(0), std::string(rows.text(1)), rows.wall_time(2)});
        });
        if (!read) return read.error();
        return found;
    }
    Result<void> forget_request(ActionId id) override {
        return guarded("clear", [&] { forget_request_.run(id); });
    }

    Result<std::size_t> add_event(std::string_view location, std::string_view text) override {
        std::size_t dropped = 0;
        const Result<void> stored = guarded("keep a result in", [&] {
            insert_event_.run(location, text);
            if (++waiting_ <= kMaxEvents) return;
            drop_events_.run(static_cast<std::int64_t>(waiting_ - kMaxEvents));
            dropped = static_cast<std::size_t>(connection_.changes());
            waiting_ -= dropped;
        });
        if (!stored) return stored.error();
        return dropped;
    }

    Result<std::vector<OutgoingEvent>> events_after(std::int64_t id, std::size_t limit) override {
        std::vector<OutgoingEvent> found;
        const Result<void> read = guarded("read", [&] {
            for (events_after_.start(id, static_cast<std::int64_t>(limit)); events_after_.step();) {
                found.push_back(
                    {events_after_.integer(0), std::string(events_after_.text(1)), std::string(events_after_.text(2))});
            }
            events_after_.reset();
        });
        if (!read) return read.error();
        return found;
    }

    Result<void> remove_events_through(std::int64_t id) override {
        return guarded("clear", [&] {
            remove_events_.run(id);
            waiting_ -= std::min(waiting_, static_cast<std::size_t>(connection_.changes()));
        });
    }

    std::size_t waiting_events() const override { return waiting_; }

  private:
    static sqlite::Connection prepare(const fs::path& file) {
        sqlite::Connection connection(file, sqlite::Connection::Mode::ReadWrite);
        connection.execute("PRAGMA journal_mode = WAL");
        connection.execute("PRAGMA synchronous = FULL");
        migrate(connection, kSchema);
        connection.execute("PRAGMA synchronous = NORMAL");
        return connection;
    }

    // Runs `work`. An SqlError that it throws is returned as an Error: `doing` and the file's path.
    template <class Work>
    Result<void> guarded(const char* doing, Work&& work) {
        try {
            std::forward<Work>(work)();
            return {};
        } catch (const SqlError& error) {
            return error.to_error(std::string(doing) + " " + path_);
        }
    }

    // Empty: there is none.
    std::string read_counter(std::string_view peer) {
        read_counter_.start(peer);
        std::string found;
        if (read_counter_.step()) found = read_counter_.text(0);
        read_counter_.reset();
        return found;
    }
    void write_counter(std::string_view peer, const std::string& text) { write_counter_.run(peer, text); }

    void keep(const KeptRequest& request) { keep_request_.run(request.id, request.body, request.received); }

    const std::string path_;
    sqlite::Connection connection_;
    sqlite::Statement read_counter_{connection_, "SELECT pair FROM counter WHERE peer = ?"};
    sqlite::Statement write_counter_{connection_, "INSERT OR REPLACE INTO counter VALUES (?, ?)"};
    sqlite::Statement keep_request_{connection_, "INSERT OR REPLACE INTO request VALUES (?, ?, ?)"};
    sqlite::Statement forget_request_{connection_, "DELETE FROM request WHERE id = ?"};
    sqlite::Statement insert_task_{connection_, "INSERT OR IGNORE INTO task (id) VALUES (?)"};
    sqlite::Statement drop_tasks_{connection_, "DELETE FROM task WHERE number <= (SELECT max(number) FROM task) - ?"};
    sqlite::Statement insert_event_{connection_, "INSERT INTO event (location, text) VALUES (?, ?)"};
    sqlite::Statement drop_events_{connection_,
                                   "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?)"};
    sqlite::Statement events_after_{connection_,
                                    "SELECT id, location, text FROM event WHERE id > ? ORDER BY id LIMIT ?"};
    sqlite::Statement remove_events_{connection_, "DELETE FROM event WHERE id <= ?"};
    CounterPair last_sent_;
    std::size_t waiting_ = 0;
};

Result<std::string> move_aside(const fs::path& file) {
    fs::path target = file;
    target += ".damaged-" + Poco::DateTimeFormatter::format(Poco::Timestamp(), "%Y%m%dT%H%M%S");
    std::error_code error;
    fs::rename(file, target, error);
    if (error) return Error{error, "move the damaged " + file.string() + " aside"};
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix, error);
    return target.string();
}

}  // namespace

Result<std::unique_ptr<LinkStore>> LinkStore::open(const fs::path& file, std::string& set_aside) {
    for (bool again = true;; again = false) {
        try {
            return std::unique_ptr<LinkStore>(std::make_unique<SqliteLinkStore>(file));
        } catch (const SqlError& error) {
            if (!error.is_damage() || !again) return error.to_error("open " + file.string());
        } catch (const std::exception& error) {
            return failure("open " + file.string() + ": " + error.what());
        }
        Result<std::string> moved = move_aside(file);
        if (!moved) return moved.error();
        set_aside = std::move(*moved);
    }
}

}  // namespace riposte
