// SPDX-License-Identifier: Apache-2.0
// Opening a database: each reason why it cannot be opened is told as it is.
#include "src/ledger/sqlite.h"

#include "src/ledger/ledger.h"
#include "src/ledger/salvage.h"
#include "tests/ledger/fixtures.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

using namespace riposte;
using riposte::testing::SetClock;
using riposte::testing::TemporaryDirectory;
using sqlite::Connection;
using sqlite::SqlError;

namespace fs = std::filesystem;

namespace {

// The error of opening and reading it.
Error error_of(const fs::path& file, Connection::Mode mode) {
    try {
        Connection(file, mode).integer("PRAGMA user_version");
        return {};
    } catch (const SqlError& error) {
        return error.to_error("open " + file.string());
    }
}

constexpr Connection::Mode kModes[] = {Connection::Mode::ReadWrite, Connection::Mode::ReadOnly};

}  // namespace

TEST_CASE("a directory in the database's place is told as one, and is left alone") {
    const TemporaryDirectory directory;
    const fs::path file = ledger_path(directory.path());
    fs::create_directory(file);
    for (const Connection::Mode mode : kModes) {
        const Error error = error_of(file, mode);
        CAPTURE(error.text());
        CHECK(error.code == std::errc::is_a_directory);
        CHECK(error.text() ==
              "open " + file.string() + ": " + std::make_error_code(std::errc::is_a_directory).message());
    }
    const SetClock clock;
    const auto opened = open_store(directory.path(), clock);
    REQUIRE(!opened.has_value());
    CHECK(opened.error().code == std::errc::is_a_directory);
    CHECK(opened.error().what == "open the ledger " + file.string());
    const auto read = query_closed_ledger(directory.path(), clock, {});
    REQUIRE(!read.has_value());
    CHECK(read.error().code == std::errc::is_a_directory);
    CHECK(read.error().what == "read the ledger " + file.string());
    CHECK(fs::is_directory(file));
}

TEST_CASE("a database in a directory that is missing is missing, for writing too") {
    const TemporaryDirectory directory;
    for (const Connection::Mode mode : kModes)
        CHECK(error_of(directory / "missing/ledger.db", mode).code == std::errc::no_such_file_or_directory);
    const SetClock clock;
    const auto opened = open_store(directory / "missing", clock);
    REQUIRE(!opened.has_value());
    CHECK(opened.error().code == std::errc::no_such_file_or_directory);
    CHECK(!fs::exists(directory / "missing"));
}

TEST_CASE("only opening for writing creates a database") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "new.db";
    CHECK(error_of(file, Connection::Mode::ReadOnly).code == std::errc::no_such_file_or_directory);
    CHECK(!fs::exists(file));
    CHECK(error_of(file, Connection::Mode::ReadWrite).text().empty());
    CHECK(fs::exists(file));
}

TEST_CASE("a file that is no database is told as such by SQLite") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "text.db";
    test::write_file(file, std::string(5000, 'x'));
    for (const Connection::Mode mode : kModes) {
        const Error error = error_of(file, mode);
        CHECK(!error.code);
        CHECK(error.text() == "open " + file.string() + ": SQLite: file is not a database");
    }
}

TEST_CASE("a database opened for reading cannot be written") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "kept.db";
    Connection(file, Connection::Mode::ReadWrite).execute("CREATE TABLE a(x)");
    Connection connection(file, Connection::Mode::ReadOnly);
    CHECK_THROWS_WITH_AS(connection.execute("INSERT INTO a VALUES(1)"), "SQLite: attempt to write a readonly database",
                         SqlError);
}

TEST_CASE("a database of any name is opened by that name") {
    const TemporaryDirectory directory;
    for (const char* name : {"a b%41#c&d.db", "gr\u00fc\u00df \u65e5\u672c.db"}) {
        CAPTURE(name);
        const fs::path file = directory / name;
        Connection(file, Connection::Mode::ReadWrite).execute("CREATE TABLE a(x); INSERT INTO a VALUES(7)");
        CHECK(fs::file_size(file) > 0);
        CHECK(Connection(file, Connection::Mode::ReadOnly).integer("SELECT x FROM a") == 7);
    }
}

TEST_CASE("a connection that was moved serves its new owner, and closes the file with it") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "moved.db";
    {
        Connection first(file, Connection::Mode::ReadWrite);
        first.execute("PRAGMA locking_mode=EXCLUSIVE; CREATE TABLE a(x)");
        Connection second = std::move(first);
        CHECK(second.integer("SELECT count(*) FROM a") == 0);
        CHECK(error_of(file, Connection::Mode::ReadOnly).code == std::errc::device_or_resource_busy);
    }
    CHECK(!error_of(file, Connection::Mode::ReadOnly).code);
}
