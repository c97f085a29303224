// SPDX-License-Identifier: Apache-2.0
#include "tests/platform/trusted_bin.h"
#include "tests/support/skip.h"

#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace riposte;
using namespace riposte::test;
namespace fs = std::filesystem;

TEST_CASE("an executable that only a trusted user can write is opened, with its path and kind") {
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0750);
    write_file(in.bin / "program",
               "\x7f"
               "ELF and so on",
               0700);
    write_file(in.bin / "empty", "", 0755);
    const auto script = open_trusted_executable(in.bin, "script");
    REQUIRE(script);
    CHECK(script->is_script());
    CHECK(script->path() == (in.bin / "script").string());
    CHECK(script->handle() > 2);
    const auto program = open_trusted_executable(in.bin, "program");
    REQUIRE(program);
    CHECK_FALSE(program->is_script());
    const auto empty = open_trusted_executable(in.bin, "empty");
    REQUIRE(empty);
    CHECK_FALSE(empty->is_script());
}

TEST_CASE("the descriptor of an executable is closed by its last owner and moves with it") {
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0750);
    int descriptor = -1;
    {
        auto opened = open_trusted_executable(in.bin, "script");
        REQUIRE(opened);
        TrustedExecutable moved = std::move(*opened);
        descriptor = static_cast<int>(moved.handle());
        CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        TrustedExecutable assigned;
        assigned = std::move(moved);
        CHECK(assigned.handle() == descriptor);
        CHECK(assigned.path() == (in.bin / "script").string());
    }
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("an executable that others can write, or nobody can run, is refused with the remedy") {
    const TrustedBin in;
    const std::string path = (in.bin / "script").string();
    struct Case {
        unsigned mode;
        std::string expected;
    };
    const std::vector<Case> cases{
        {0775, path + " is writable by its group (mode 0775): chmod go-w " + path},
        {0757, path + " is writable by everybody (mode 0757): chmod go-w " + path},
        {0777, path + " is writable by everybody (mode 0777): chmod go-w " + path},
        {0644, path + " is not executable (mode 0644): chmod u+x " + path},
        {0655, path + " is not executable (mode 0655): chmod u+x " + path},
    };
    for (const Case& test : cases) {
        CAPTURE(test.mode);
        write_file(in.bin / "script", kScript, test.mode);
        CHECK(in.text_of_error("script") == test.expected);
    }
}

TEST_CASE("a directory that others can write makes every executable in it unsafe") {
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0750);
    fs::permissions(in.bin, fs::perms{0770});
    CHECK(contains(in.text_of_error("script"), in.bin.string() + " is writable by its group (mode 0770)"));
    fs::permissions(in.bin, fs::perms{01757});
    CHECK(contains(in.text_of_error("script"), in.bin.string() + " is writable by everybody"));
}

TEST_CASE("a directory that is a symbolic link or no directory is refused") {
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0750);
    fs::create_symlink(in.bin, in.directory / "link");
    for (const fs::path& bin : {in.directory / "link", in.directory / "link/", in.bin / "script"}) {
        CAPTURE(bin);
        const auto opened = open_trusted_executable(bin, "script");
        REQUIRE_FALSE(opened);
        CHECK_FALSE(is_missing(opened.error()));
        CHECK(contains(opened.error().text(), "is a symbolic link or no directory"));
    }
}

TEST_CASE("a symbolic link is followed to a bare name beside it only, and not without end") {
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0750);
    write_file(in.directory / "outside", kScript, 0750);
    fs::create_symlink("script", in.bin / "alias");
    const auto alias = open_trusted_executable(in.bin, "alias");
    REQUIRE(alias);
    CHECK(alias->is_script());
    struct stat target {};
    struct stat opened {};
    REQUIRE(::stat((in.bin / "script").c_str(), &target) == 0);
    REQUIRE(::fstat(static_cast<int>(alias->handle()), &opened) == 0);
    CHECK(opened.st_ino == target.st_ino);

    fs::create_symlink("../outside", in.bin / "up");
    fs::create_symlink((in.bin / "script").string(), in.bin / "absolute");
    fs::create_symlink("..", in.bin / "parent");
    for (const char* name : {"up", "absolute", "parent"}) {
        CAPTURE(name);
        CHECK(contains(in.text_of_error(name), "is a symbolic link to"));
    }
    fs::create_symlink("loop", in.bin / "loop");
    CHECK(contains(in.text_of_error("loop"), "more than 4 symbolic links"));
    fs::create_symlink("gone", in.bin / "dangling");
    const auto dangling = open_trusted_executable(in.bin, "dangling");
    REQUIRE_FALSE(dangling);
    CHECK(is_missing(dangling.error()));
}

TEST_CASE("what is no regular file is refused without waiting for it") {
    const TrustedBin in;
    REQUIRE(::mkfifo((in.bin / "fifo").c_str(), 0700) == 0);
    fs::create_directory(in.bin / "directory");
    const int server = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (in.bin / "socket").string();
    REQUIRE(path.size() < sizeof(address.sun_path));
    std::strcpy(address.sun_path, path.c_str());
    REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    for (const char* name : {"fifo", "directory", "socket"}) {
        CAPTURE(name);
        CHECK(contains(in.text_of_error(name), "is not a regular file"));
    }
    ::close(server);
}

TEST_CASE("an executable or a directory of another user is refused") {
    if (!is_root()) return skip("only root can give a file to another user");
    const TrustedBin in;
    write_file(in.bin / "script", kScript, 0755);
    REQUIRE(::chown((in.bin / "script").c_str(), 12345, 0) == 0);
    CHECK(contains(in.text_of_error("script"), "belongs to user 12345, not to root: chown root "));
    REQUIRE(::chown((in.bin / "script").c_str(), 0, 12345) == 0);
    CHECK(open_trusted_executable(in.bin, "script"));
    REQUIRE(::chown(in.bin.c_str(), 12345, 0) == 0);
    CHECK(contains(in.text_of_error("script"), in.bin.string() + " belongs to user 12345"));
}

TEST_CASE("an ordinary user may run what is root's and its own, readable or not") {
    if (!is_root()) return skip("only root can become another user");
    const TrustedBin in;
    fs::permissions(in.directory.path(), fs::perms{0755});
    fs::permissions(in.bin, fs::perms{0755});
    write_file(in.bin / "readable", kScript, 0755);
    write_file(in.bin / "unreadable", kScript, 0711);
    write_file(in.bin / "other", kScript, 0755);
    write_file(in.bin / "own", kScript, 0755);
    REQUIRE(::chown((in.bin / "other").c_str(), 12345, 0) == 0);
    REQUIRE(::chown((in.bin / "own").c_str(), 23456, 0) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setresgid(23456, 23456, 23456) != 0 || ::setresuid(23456, 23456, 23456) != 0) ::_exit(10);
        const auto readable = open_trusted_executable(in.bin, "readable");
        if (!readable || !readable->is_script()) ::_exit(1);
        if (!open_trusted_executable(in.bin, "unreadable")) ::_exit(2);
        if (open_trusted_executable(in.bin, "other")) ::_exit(3);
        if (!open_trusted_executable(in.bin, "own")) ::_exit(4);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a configuration file must be a trusted regular file in a trusted directory") {
    const TrustedBin in;
    const fs::path file = in.bin / "riposte.conf";
    const auto missing = check_trusted_file(file);
    REQUIRE_FALSE(missing);
    CHECK(is_missing(missing.error()));
    write_file(file, "<riposte/>", 0640);
    CHECK(check_trusted_file(file));
    write_file(file, "<riposte/>", 0660);
    const auto writable = check_trusted_file(file);
    REQUIRE_FALSE(writable);
    CHECK(writable.error().text() ==
          file.string() + " is writable by its group (mode 0660): chmod go-w " + file.string());
    fs::permissions(file, fs::perms{0600});
    fs::permissions(in.bin, fs::perms{0777});
    const auto directory = check_trusted_file(file);
    REQUIRE_FALSE(directory);
    CHECK(contains(directory.error().text(), in.bin.string() + " is writable by everybody"));
    const auto no_file = check_trusted_file(in.bin);
    REQUIRE_FALSE(no_file);
    CHECK(contains(no_file.error().text(), "is not a regular file"));
}

TEST_CASE("a configuration file behind a symbolic link answers for its own directory too") {
    const TrustedBin in;
    const fs::path etc = in.directory / "etc";
    fs::create_directory(etc);
    fs::permissions(etc, fs::perms{0755});
    write_file(in.bin / "real.conf", "<riposte/>", 0600);
    fs::create_symlink(in.bin / "real.conf", etc / "riposte.conf");
    CHECK(check_trusted_file(etc / "riposte.conf"));
    fs::permissions(in.bin, fs::perms{0777});
    CHECK_FALSE(check_trusted_file(etc / "riposte.conf"));
}

TEST_CASE("a private directory is created with its parents for this user only, and checked if it exists") {
    const TemporaryDirectory directory;
    const fs::path state = directory / "a/b/state";
    REQUIRE(make_private_directory(state));
    CHECK(fs::status(state).permissions() == fs::perms{0700});
    CHECK(fs::status(state.parent_path()).permissions() == fs::perms{0700});
    CHECK(make_private_directory(state));
    CHECK(make_private_directory(state / ""));

    fs::permissions(state, fs::perms{0755});
    CHECK(make_private_directory(state));
    fs::permissions(state, fs::perms{0775});
    const auto writable = make_private_directory(state);
    REQUIRE_FALSE(writable);
    CHECK(contains(writable.error().text(), "is writable by its group"));

    write_file(directory / "file", "");
    CHECK_FALSE(make_private_directory(directory / "file"));
    CHECK_FALSE(make_private_directory(directory / "file/below"));
    fs::create_directory_symlink(directory / "a", directory / "link");
    CHECK_FALSE(make_private_directory(directory / "link"));
}

TEST_CASE("a private file is created for this user only, and one that exists stays as it is") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "ledger.db";
    const mode_t before = ::umask(0);
    REQUIRE(make_private_file(file));
    ::umask(before);
    CHECK(fs::status(file).permissions() == fs::perms{0600});
    write_file(file, "kept", 0644);
    CHECK(make_private_file(file));
    CHECK(read_file(file) == "kept");
    CHECK(fs::status(file).permissions() == fs::perms{0644});
    CHECK(make_private_file(directory.path()));

    const auto nowhere = make_private_file(directory / "missing/ledger.db");
    REQUIRE_FALSE(nowhere);
    CHECK(is_missing(nowhere.error()));
    // The target of a link cannot be created with the right mode in one step.
    fs::create_symlink(directory / "missing", directory / "link");
    const auto leads_nowhere = make_private_file(directory / "link");
    REQUIRE_FALSE(leads_nowhere);
    CHECK(is_missing(leads_nowhere.error()));
}

TEST_CASE("asking for a private file leaves this process's locks on it") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "ledger.db";
    REQUIRE(make_private_file(file));
    const int held = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    REQUIRE(::fcntl(held, F_SETLK, &lock) == 0);
    REQUIRE(make_private_file(file));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::fcntl(held, F_SETLK, &lock) == 0 ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 1);
    ::close(held);
}
