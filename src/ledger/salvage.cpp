// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/salvage.h"

#include "src/ledger/schema.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <set>

namespace riposte {

namespace fs = std::filesystem;
using sqlite::Connection;
using sqlite::SqlError;
using sqlite::Statement;

namespace {

// Beyond the last id that is known, where a bad page hides how far the ids go.
constexpr ActionId kBeyondKnown = 10'000;
// How many ids may be tried one by one inside of bad pages.
constexpr std::int64_t kMaxProbes = 5'000'000;

// `each` returns false to stop. Reading ends at the first page that is bad.
void read_while_good(Connection& from, const std::string& sql, const std::function<void(const Statement&)>& each) {
    try {
        Statement rows(from, sql);
        while (rows.step()) each(rows);
    } catch (const SqlError& error) {
        if (error.is_temporary()) throw;
    }
}

std::optional<std::string> read_text(Connection& from, const std::string& sql) {
    std::optional<std::string> text;
    read_while_good(from, sql, [&](const Statement& row) {
        if (row.is_text(0)) text = row.text(0);
    });
    return text;
}

class Salvage {
  public:
    Salvage(Connection& from, Store& to) : from_(from), to_(to) {}

    Salvaged run() {
        read_meta();
        gather_known();
        to_.begin(true);
        try {
            copy_actions();
            copy_offenders();
            to_.restore_meta(std::max(next_id_, known_.empty() ? 1 : *known_.rbegin() + kBeyondKnown), boot_id_);
            to_.commit();
        } catch (...) {
            to_.rollback();
            throw;
        }
        return {std::ssize(whole_), static_cast<std::int64_t>(known_.size() - whole_.size())};
    }

  private:
    void read_meta() {
        const std::string next = read_text(from_, "SELECT value FROM meta WHERE name='next_id'").value_or("");
        std::from_chars(next.data(), next.data() + next.size(), next_id_);
        // Not readable: no boot's, so that the wall clock decides on what is due.
        boot_id_ = read_text(from_, "SELECT value FROM meta WHERE name='boot_id'").value_or("");
    }

    void note(ActionId id) {
        // Rows of a bad page can hold anything.
        if (id > 0 && (next_id_ <= 1 || id < next_id_)) known_.insert(id);
    }

    // The index and the told documents tell of actions whose own page is bad.
    void gather_known() {
        for (const char* order : {"", " DESC"}) {
            read_while_good(from_,
                            std::string("SELECT id FROM action INDEXED BY action_phase ORDER BY phase") + order +
                                ", finished_wall_ms" + order + ", id" + order,
                            [this](const Statement& row) { note(row.integer(0)); });
            read_while_good(from_, std::string("SELECT id FROM told ORDER BY id") + order,
                            [this](const Statement& row) { note(row.integer(0)); });
        }
    }

    std::optional<std::string> told_of(ActionId id) {
        std::optional<std::string> told;
        try {
            if (!told_) told_.emplace(from_, "SELECT document FROM told WHERE id=?");
            told_->start(id);
            if (told_->step() && told_->is_text(0)) told = told_->text(0);
            told_->reset();
        } catch (const SqlError& error) {
            if (error.is_temporary()) throw;
        }
        return told;
    }

    void copy(const Statement& row) {
        const ActionId id = row.is_integer(0) ? row.integer(0) : 0;
        if (whole_.contains(id)) return;
        const Restored restored = to_.restore_action(row, told_of(id));
        note(restored.id);
        if (restored.whole) {
            known_.insert(restored.id);
            whole_.insert(restored.id);
        }
    }

    void copy_actions() {
        const std::string select = "SELECT " + Store::action_columns() + " FROM action ";
        ActionId low = 0;
        ActionId high = 0;
        bool complete = false;
        read_while_good(from_, select + "ORDER BY id", [&](const Statement& row) {
            low = row.integer(0);
            copy(row);
        });
        read_while_good(from_, select + "ORDER BY id DESC", [&](const Statement& row) {
            high = row.integer(0);
            if (high <= low) complete = true;
            if (!complete) copy(row);
        });
        if (complete) return;
        if (high == 0) high = std::max(next_id_, (known_.empty() ? low : *known_.rbegin()) + kBeyondKnown);
        copy_between(select, low, high);
    }

    // Each try seeks to the next id; one that falls into a bad page fails, the first behind it goes on to the next bad
    // page.
    void copy_between(const std::string& select, ActionId low, ActionId high) {
        std::optional<Statement> rows;
        try {
            rows.emplace(from_, select + "WHERE id>?1 AND id<?2 ORDER BY id");
        } catch (const SqlError& error) {
            if (error.is_temporary()) throw;
            return;
        }
        for (std::int64_t probes = 0; low < high && probes < kMaxProbes; ++probes) {
            try {
                rows->start(low, high);
                while (rows->step()) {
                    low = rows->integer(0);
                    copy(*rows);
                }
                return;
            } catch (const SqlError& error) {
                if (error.is_temporary()) throw;
                ++low;
            }
        }
    }

    void copy_offenders() {
        const std::string select =
            "SELECT key_digest, executable, key_values, count, last_wall_ms FROM offender ORDER BY key_digest";
        for (const char* order : {"", " DESC"})
            read_while_good(from_, select + order, [this](const Statement& row) { to_.restore_offender(row); });
    }

    Connection& from_;
    Store& to_;
    ActionId next_id_ = 1;
    std::string boot_id_;
    std::set<ActionId> known_, whole_;
    std::optional<Statement> told_;
};

fs::path beside(const fs::path& file, const char* suffix) {
    fs::path path = file;
    path += suffix;
    return path;
}

fs::path aside_path(const fs::path& file, const Clock& clock) {
    const Poco::DateTime now(Poco::Timestamp(to_ms(clock.wall_time()) * 1000));
    const std::string name = ".damaged-" + Poco::DateTimeFormatter::format(now, "%Y%m%dT%H%M%SZ");
    fs::path path = beside(file, name.c_str());
    for (int n = 2; fs::exists(path); ++n) path = beside(file, (name + "-" + std::to_string(n)).c_str());
    return path;
}

void rename_if_there(const fs::path& from, const fs::path& to) {
    if (fs::exists(from)) fs::rename(from, to);
}

void remove_with_log(const fs::path& file) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(beside(file, suffix));
}

// A log beside the ledger that is not its own would be played into it.
void remove_log(const fs::path& file) {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) fs::remove(beside(file, suffix));
}

// The successor is complete, closed and on the disk before anything is renamed.
Salvaged build_successor(Connection* from, const fs::path& successor, const Clock& clock, Retention retention) {
    remove_with_log(successor);
    Store fresh(successor, clock, Store::Mode::ReadWrite, retention);
    if (from == nullptr) return {};
    return salvage(*from, fresh);
}

std::unique_ptr<Connection> open_damaged(const fs::path& file) {
    auto from = std::make_unique<Connection>(file, Connection::Mode::ReadOnly);
    // Without writable_schema, SQLite reads nothing at all of a file that was cut.
    from->execute("PRAGMA writable_schema=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0");
    return from;
}

bool has_tables(Connection& from) {
    return read_text(from, "SELECT name FROM sqlite_schema WHERE name='action'").has_value();
}

void put_number(std::string& page, std::size_t at, std::uint32_t number) {
    for (std::size_t i = 0; i < 4; ++i) page[at + i] = static_cast<char>(number >> (24 - 8 * i));
}

// The first page says where the tables are. Every ledger of one schema is created by the same steps, so a new ledger's
// first page fits a damaged one's tables. Offsets: https://www.sqlite.org/fileformat2.html#the_database_header
void transplant_first_page(const fs::path& donor, const fs::path& file) {
    constexpr std::size_t kPage = 4096;
    std::string page(kPage, '\0');
    if (!std::ifstream(donor, std::ios::binary).read(page.data(), kPage)) return;
    put_number(page, 28, static_cast<std::uint32_t>(fs::file_size(file) / kPage));
    put_number(page, 32, 0);  // no free pages are known of
    put_number(page, 36, 0);
    for (std::size_t i = 0; i < 4; ++i) page[92 + i] = page[24 + i];  // the page count is valid for this change
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.write(page.data(), kPage);
}

// A copy of the damaged file, which itself stays as it was found.
std::unique_ptr<Connection> open_with_first_page(const fs::path& damaged, const fs::path& copy, const Clock& clock) {
    const fs::path donor = beside(copy, ".new");
    remove_with_log(donor);
    { Store fresh(donor, clock); }
    fs::copy_file(damaged, copy, fs::copy_options::overwrite_existing);
    if (fs::exists(beside(damaged, "-wal"))) fs::copy_file(beside(damaged, "-wal"), beside(copy, "-wal"));
    transplant_first_page(donor, copy);
    remove_with_log(donor);
    return open_damaged(copy);
}

Salvaged build_from_file(const fs::path& damaged, const fs::path& successor, const Clock& clock, Retention retention) {
    const fs::path copy = beside(damaged, ".copy");
    remove_with_log(copy);
    std::unique_ptr<Connection> from;
    try {
        from = open_damaged(damaged);
        if (!has_tables(*from)) from = open_with_first_page(damaged, copy, clock);
    } catch (const SqlError& error) {
        // Not even so: an empty ledger follows.
        if (error.is_temporary()) throw;
        from.reset();
    }
    const Salvaged salvaged = build_successor(from.get(), successor, clock, retention);
    from.reset();
    remove_with_log(copy);
    return salvaged;
}

OpenStore set_aside_and_open(const fs::path& file, const Clock& clock, Retention retention) {
    OpenStore opened;
    const fs::path successor = beside(file, ".salvaged");
    opened.salvaged = build_from_file(file, successor, clock, retention);
    opened.set_aside = aside_path(file, clock);
    rename_if_there(beside(file, "-wal"), beside(opened.set_aside, "-wal"));
    fs::rename(file, opened.set_aside);
    remove_log(file);
    fs::rename(successor, file);
    opened.store = std::make_unique<Store>(file, clock, Store::Mode::ReadWrite, retention);
    return opened;
}

OpenStore open_or_set_aside(const fs::path& file, const Clock& clock, Retention retention) {
    const fs::path successor = beside(file, ".salvaged");
    if (fs::exists(file)) {
        remove_with_log(successor);
    } else if (fs::exists(successor)) {
        remove_log(file);
        fs::rename(successor, file);
    }
    OpenStore opened;
    try {
        opened.store = std::make_unique<Store>(file, clock, Store::Mode::ReadWrite, retention);
        if (opened.store->check().empty()) return opened;
    } catch (const SqlError& error) {
        if (!error.is_damage()) throw;
    }
    opened.store.reset();
    return set_aside_and_open(file, clock, retention);
}

// The one place where exceptions of this folder, of Poco and of the file system become an Error.
template <class Open>
Result<OpenStore> guarded(const fs::path& file, const Open& open) {
    const std::string doing = "open the ledger " + file.string();
    try {
        return open();
    } catch (const SqlError& error) {
        return error.to_error(doing);
    } catch (const fs::filesystem_error& error) {
        return Error{error.code(), doing};
    } catch (const std::exception& error) {
        return failure(doing + ": " + error.what());
    }
}

}  // namespace

Salvaged salvage(Connection& from, Store& to) {
    return Salvage(from, to).run();
}

fs::path ledger_path(const fs::path& state) {
    return state / "ledger.db";
}

Result<OpenStore> open_store(const fs::path& state, const Clock& clock, Retention retention) {
    const fs::path file = ledger_path(state);
    return guarded(file, [&] { return open_or_set_aside(file, clock, retention); });
}

Result<OpenStore> replace_store(std::unique_ptr<Store>& store, const fs::path& state, const Clock& clock,
                                Retention retention) {
    const fs::path file = ledger_path(state);
    return guarded(file, [&] {
        if (!store->file_has_moved()) {
            store.reset();
            return set_aside_and_open(file, clock, retention);
        }
        // The open file is the only one that still holds everything; another may stand in its place.
        OpenStore opened;
        const fs::path successor = beside(file, ".salvaged");
        opened.salvaged = build_successor(&store->connection(), successor, clock, retention);
        store.reset();
        if (fs::exists(file)) {
            opened.set_aside = aside_path(file, clock);
            fs::rename(file, opened.set_aside);
        }
        remove_log(file);
        fs::rename(successor, file);
        opened.store = std::make_unique<Store>(file, clock, Store::Mode::ReadWrite, retention);
        return opened;
    });
}

}  // namespace riposte
