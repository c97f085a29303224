// SPDX-License-Identifier: Apache-2.0
// Opening a database whose mode, directory or file system does not allow it.
#include "src/ledger/sqlite.h"

#include "tests/ledger/fixtures.h"
#include "tests/support/files.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <sys/mount.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

using namespace riposte;
using riposte::testing::TemporaryDirectory;
using sqlite::Connection;
using sqlite::SqlError;

namespace fs = std::filesystem;

namespace {

// While it lives, modes count: root is another user.
class OrdinaryUser {
  public:
    explicit OrdinaryUser(const fs::path& owned) {
        if (!is_root_) return;
        constexpr uid_t kOther = 23456;
        REQUIRE(::chown(owned.c_str(), kOther, 0) == 0);
        for (const auto& entry : fs::directory_iterator(owned)) REQUIRE(::chown(entry.path().c_str(), kOther, 0) == 0);
        REQUIRE(::seteuid(kOther) == 0);
    }
    ~OrdinaryUser() {
        if (is_root_) CHECK(::seteuid(0) == 0);
    }
    OrdinaryUser(const OrdinaryUser&) = delete;
    OrdinaryUser& operator=(const OrdinaryUser&) = delete;

  private:
    const bool is_root_ = ::geteuid() == 0;
};

// The error of opening it and running `sql`. It must be one that may be gone later.
Error refusal_of(const fs::path& file, Connection::Mode mode, const char* sql = "PRAGMA user_version") {
    try {
        Connection(file, mode).execute(sql);
        return {};
    } catch (const SqlError& error) {
        CHECK(error.is_temporary());
        return error.to_error("open " + file.string());
    }
}

fs::path make_database(const TemporaryDirectory& directory) {
    const fs::path file = directory / "kept.db";
    Connection(file, Connection::Mode::ReadWrite).execute("CREATE TABLE a(x)");
    return file;
}

fs::perms mode_of(const fs::path& file) {
    return fs::status(file).permissions();
}

}  // namespace

TEST_CASE("a database that may not be read is refused for that reason") {
    const TemporaryDirectory directory;
    const fs::path file = make_database(directory);
    fs::permissions(file, fs::perms::none);
    const OrdinaryUser user(directory.path());
    for (const Connection::Mode mode : {Connection::Mode::ReadWrite, Connection::Mode::ReadOnly})
        CHECK(refusal_of(file, mode).text() == "open " + file.string() + ": Permission denied");
}

TEST_CASE("a database that may only be read is refused when it is opened for writing, not at the first write") {
    const TemporaryDirectory directory;
    const fs::path file = make_database(directory);
    fs::permissions(file, fs::perms::owner_read);
    const OrdinaryUser user(directory.path());
    CHECK_THROWS_AS(Connection(file, Connection::Mode::ReadWrite), SqlError);
    CHECK(refusal_of(file, Connection::Mode::ReadWrite).text() == "open " + file.string() + ": Permission denied");
    CHECK(refusal_of(file, Connection::Mode::ReadOnly).text().empty());
}

TEST_CASE("a directory that may not be written refuses a new database, and the log of an old one") {
    const TemporaryDirectory directory;
    const fs::path file = make_database(directory);
    const OrdinaryUser user(directory.path());
    fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
    CHECK(refusal_of(directory / "new.db", Connection::Mode::ReadWrite).code == std::errc::permission_denied);
    const Error error = refusal_of(file, Connection::Mode::ReadWrite, "INSERT INTO a VALUES(1)");
    CHECK(error.code == std::errc::permission_denied);
    fs::permissions(directory.path(), fs::perms::owner_all);
}

TEST_CASE("a file system that is mounted read-only is told as one") {
    const TemporaryDirectory directory;
    if (::mount("riposte", directory.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") != 0) {
        MESSAGE(std::system_category().message(errno));
        return riposte::test::skip("a small file system cannot be mounted here");
    }
    const std::shared_ptr<void> unmount(nullptr, [&](void*) { ::umount2(directory.path().c_str(), MNT_DETACH); });
    const fs::path file = make_database(directory);
    REQUIRE(::mount(nullptr, directory.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    for (const fs::path& one : {file, directory / "new.db"}) {
        CAPTURE(one);
        CHECK(refusal_of(one, Connection::Mode::ReadWrite).text() ==
              "open " + one.string() + ": Read-only file system");
    }
    CHECK(refusal_of(file, Connection::Mode::ReadOnly).text().empty());
}

TEST_CASE("a new database and what SQLite puts beside it are for the owner only; an old one keeps its mode") {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0);
    const fs::path file = directory / "new.db";
    {
        Connection connection(file, Connection::Mode::ReadWrite);
        CHECK(mode_of(file) == (fs::perms::owner_read | fs::perms::owner_write));
        connection.execute("PRAGMA journal_mode=WAL; CREATE TABLE a(x)");
        for (const char* name : {"new.db-wal", "new.db-shm"})
            CHECK(mode_of(directory / name) == (fs::perms::owner_read | fs::perms::owner_write));
    }
    ::umask(before);
    fs::permissions(file, fs::perms{0640});
    Connection(file, Connection::Mode::ReadWrite).execute("INSERT INTO a VALUES(1)");
    CHECK(mode_of(file) == fs::perms{0640});
}

TEST_CASE("names that mean something to SQLite are names of files here") {
    const TemporaryDirectory directory;
    const fs::path before = fs::current_path();
    fs::current_path(directory.path());
    for (const char* name : {":memory:", "file:a.db", "file:b.db?mode=memory", "c.db?mode=ro"}) {
        CAPTURE(name);
        Connection(name, Connection::Mode::ReadWrite).execute("CREATE TABLE a(x)");
        CHECK(fs::exists(directory.path() / name));
        CHECK(Connection(name, Connection::Mode::ReadOnly).integer("SELECT count(*) FROM a") == 0);
    }
    fs::current_path(before);
}
