// SPDX-License-Identifier: Apache-2.0
// disable-account as a process, on the accounts of a throw-away root; what it did is asked of the system's own tools.
#include "platform/include/program.h"
#include "src/request/document.h"
#include "tests/support/files.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fcntl.h>
#include <future>
#include <string>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

const std::string kDisableAccount = std::string(RESPONSES) + "/disable-account";

// alice and bob are people and administrators, carol is neither the last nor the first, daemon is the system's.
struct DisableAccount {
    TemporaryDirectory directory;
    std::string state = (directory / "state").string();
    fs::path root = directory / "root";
    fs::path shadow = root / "etc/shadow";
    std::string before =
        "root:*:19000:0:99999:7:::\n"
        "daemon:*:19000:0:99999:7:::\n"
        "alice:$6$saltsalt$hash:19000:0:99999:7:::\n"
        "bob:$y$j9T$salt$hash:19001:1:90:14:30:30000:\n"
        "carol::19000:0:99999:7:::\n"
        "key:!:19000:0:99999:7:::\n"
        "gone:!$6$x$y:19000:0:99999:7::1:\n"
        "toor:$6$a$b:19000:0:99999:7:::\n"
        "young:$6$a$b:19000:0:99999:7:::\n"
        "nobody:*:19000:0:99999:7:::\n";

    DisableAccount() {
        fs::create_directories(root / "etc");
        write_file(root / "etc/passwd",
                   "root:x:0:0:root:/root:/bin/sh\n"
                   "toor:x:0:0:root:/root:/bin/sh\n"
                   "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
                   "young:x:999:999::/:/bin/sh\n"
                   "alice:x:1000:1000:Alice:/home/alice:/bin/sh\n"
                   "bob:x:1001:27:Bob:/home/bob:/bin/sh\n"
                   "carol:x:1002:1002::/home/carol:/bin/sh\n"
                   "key:x:1003:1003::/home/key:/bin/sh\n"
                   "gone:x:1004:1004::/home/gone:/bin/sh\n"
                   "lost:x:1005:1005::/home/lost:/bin/sh\n"
                   "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n");
        write_file(root / "etc/group", "root:x:0:\nsudo:x:27:alice,gone\nusers:x:100:carol\n");
        write_file(root / "etc/login.defs", "# UID_MIN 5\nUID_MAX 60000\nUID_MIN\t\t1000\n");
        write_file(shadow, before, 0640);
    }

    ProgramResult run(Words words, const std::string& input = {}) const {
        words.insert(words.begin(), {kDisableAccount, "--state", state, "--root", root.string()});
        const auto result = run_program("env", words, input);
        REQUIRE(result.has_value());
        return *result;
    }
    int add(const std::string& user) const { return run({"add", user, "-"}).exit_code; }
    int reverse(const std::string& user) const { return run({"delete", user, "-"}).exit_code; }
    int status(const std::string& user) const { return run({"--status", user}).exit_code; }
    std::string line(const std::string& user) const {
        const std::string text = "\n" + read_file(shadow);
        const std::size_t start = text.find("\n" + user + ":") + 1;
        return text.substr(start, text.find('\n', start) - start);
    }
    // "L" or "P" or "NP", as passwd(1) sees it.
    std::string password_state(const std::string& user) const {
        const auto result = run_program("passwd", {"--root", root.string(), "-S", user});
        REQUIRE(result.has_value());
        REQUIRE_MESSAGE(result->success(), result->output);
        const std::size_t start = result->output.find(' ') + 1;
        return result->output.substr(start, result->output.find(' ', start) - start);
    }
    // As chage(1) tells it.
    std::string expiry(const std::string& user) const {
        const auto result = run_program("chage", {"--root", root.string(), "-l", user});
        REQUIRE(result.has_value());
        REQUIRE_MESSAGE(result->success(), result->output);
        const std::size_t start = result->output.find(": ", result->output.find("Account expires")) + 2;
        return result->output.substr(start, result->output.find('\n', start) - start);
    }
};

bool may_use_another_root() {
    if (is_root()) return true;
    skip("only root may use another root directory");
    return false;
}

}  // namespace

TEST_CASE("disable-account locks the password and expires the account, and undoes just that") {
    if (!may_use_another_root()) return;
    const DisableAccount f;
    CHECK(f.password_state("bob") == "P");
    CHECK(f.expiry("bob") == "Feb 20, 2052");
    CHECK(f.status("bob") == 4);
    CHECK(f.add("bob") == 0);
    CHECK(f.password_state("bob") == "L");
    CHECK(f.expiry("bob") == "Jan 02, 1970");
    CHECK(f.line("bob") == "bob:!$y$j9T$salt$hash:19001:1:90:14:30:1:");
    CHECK(f.status("bob") == 0);
    const std::string disabled = read_file(f.shadow);
    CHECK(f.add("bob") == 0);
    CHECK(read_file(f.shadow) == disabled);
    CHECK(f.reverse("bob") == 0);
    CHECK(read_file(f.shadow) == f.before);
    CHECK(f.password_state("bob") == "P");
    CHECK(f.expiry("bob") == "Feb 20, 2052");
    CHECK(f.status("bob") == 4);
    CHECK(f.reverse("bob") == 0);
    CHECK(read_file(f.shadow) == f.before);
    CHECK(fs::is_empty(f.state + "/disable-account"));
}

TEST_CASE("the system itself lets a disabled user in no more, and then again") {
    if (!may_use_another_root()) return;
    const DisableAccount f;
    fs::create_directories(f.root / "home/carol");
    // su as root asks for no password, but whether the account has expired: what sshd asks of PAM for a key as well.
    const std::string script =
        "for file in passwd shadow group; do mount --bind \"$0/etc/$file\" /etc/$file || exit 9; done; "
        "su carol -c 'echo let in'";
    const auto let_in = [&] {
        const auto result =
            run_program("unshare", {"--mount", "sh", "-c", script, f.root.string()}, {}, std::chrono::seconds(60));
        REQUIRE(result.has_value());
        REQUIRE_MESSAGE(result->exit_code != 9, result->output);
        if (!result->success()) MESSAGE(result->output);
        return result->output.find("let in") != std::string::npos;
    };
    REQUIRE(let_in());
    CHECK(f.password_state("carol") == "NP");
    CHECK(f.add("carol") == 0);
    CHECK_FALSE(let_in());
    CHECK(f.password_state("carol") == "L");
    CHECK(f.reverse("carol") == 0);
    CHECK(let_in());
    CHECK(f.password_state("carol") == "NP");
}

TEST_CASE("disable-account leaves owner, mode, attributes and the other lines alone") {
    if (!may_use_another_root()) return;
    DisableAccount f;
    f.before = "# kept\n\nstrange line\n" + f.before + "no newline at the end";
    write_file(f.shadow, f.before, 0604);
    REQUIRE(::chown(f.shadow.c_str(), 1234, 42) == 0);
    const bool has_attributes = ::setxattr(f.shadow.c_str(), "user.kept", "yes", 3, 0) == 0;
    CHECK(f.add("alice") == 0);
    std::string expected = f.before;
    const std::string line = "alice:$6$saltsalt$hash:19000:0:99999:7:::";
    expected.replace(expected.find(line), line.size(), "alice:!$6$saltsalt$hash:19000:0:99999:7::1:");
    CHECK(read_file(f.shadow) == expected);
    CHECK(f.reverse("alice") == 0);
    CHECK(read_file(f.shadow) == f.before);
    struct stat status {};
    REQUIRE(::stat(f.shadow.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0604);
    CHECK(status.st_uid == 1234);
    CHECK(status.st_gid == 42);
    std::array<char, 8> value{};
    if (has_attributes) CHECK(::getxattr(f.shadow.c_str(), "user.kept", value.data(), value.size()) == 3);
}

TEST_CASE("disable-account refuses root, the system's accounts and who is none") {
    if (!may_use_another_root()) return;
    const DisableAccount f;
    for (const char* user : {"root", "toor", "daemon", "young", "nobody", "nosuch", "ali", "lost"}) {
        CAPTURE(user);
        const auto result = f.run({"add", user, "-"});
        CHECK(result.exit_code == 1);
        CHECK(result.output.find('"' + std::string(user) + '"') != std::string::npos);
        CHECK(f.status(user) == 4);
        CHECK(f.reverse(user) == 0);
    }
    for (const char* user : {"", "-", "--root", "alice:x", "alice\nbob", "../alice", "alice,bob", "al*"}) {
        CAPTURE(user);
        CHECK(f.add(user) == 2);
        if (*user != '\0' && !std::string_view(user).starts_with('-')) CHECK(f.status(user) == 2);
    }
    CHECK(f.add(std::string(300, 'a')) == 2);
    CHECK(read_file(f.shadow) == f.before);
}

TEST_CASE("disable-account leaves one administrator who can log in") {
    if (!may_use_another_root()) return;
    DisableAccount f;
    const auto refuses = [&](const std::string& user) {
        const auto result = f.run({"add", user, "-"});
        CHECK((result.exit_code == 0 || result.output.find("last administrator") != std::string::npos));
        return result.exit_code == 1;
    };
    // alice by the group's list, bob by his own group; gone has expired.
    CHECK_FALSE(refuses("alice"));
    CHECK(refuses("bob"));
    CHECK(f.reverse("alice") == 0);
    CHECK_FALSE(refuses("bob"));
    CHECK(refuses("alice"));
    CHECK(f.reverse("bob") == 0);
    CHECK_FALSE(refuses("carol"));
    CHECK(f.reverse("carol") == 0);
    // An SSH key suffices to log in. The user `key` has a locked password, so it counts as an
    // administrator who can log in only once it has an authorized_keys file.
    write_file(f.root / "etc/group", "sudo:x:27:alice,key\n");
    write_file(f.root / "etc/passwd", [&] {
        std::string text = read_file(f.root / "etc/passwd");
        return text.replace(text.find("bob:x:1001:27"), 13, "bob:x:1001:99");
    }());
    CHECK(refuses("alice"));
    fs::create_directories(f.root / "home/key/.ssh");
    write_file(f.root / "home/key/.ssh/authorized_keys", "ssh-ed25519 AAAA key\n");
    CHECK_FALSE(refuses("alice"));
    CHECK(f.reverse("alice") == 0);
    CHECK(read_file(f.shadow) == f.before);
    // Already disabled, the last one stays so.
    CHECK_FALSE(refuses("alice"));
    CHECK(f.add("alice") == 0);
    CHECK(f.reverse("alice") == 0);
    CHECK(read_file(f.shadow) == f.before);
}

TEST_CASE("disable-account ends nothing that it did not begin") {
    if (!may_use_another_root()) return;
    DisableAccount f;
    const auto change = [&](const std::string& from, const std::string& to) {
        std::string text = read_file(f.shadow);
        REQUIRE(text.find(from) != std::string::npos);
        write_file(f.shadow, text.replace(text.find(from), from.size(), to), 0640);
    };
    // Locked by somebody else before.
    CHECK(f.add("key") == 0);
    CHECK(f.line("key") == "key:!:19000:0:99999:7::1:");
    CHECK(f.reverse("key") == 0);
    CHECK(read_file(f.shadow) == f.before);
    CHECK(f.add("gone") == 0);
    CHECK(read_file(f.shadow) == f.before);
    CHECK(f.status("gone") == 0);
    CHECK(f.reverse("gone") == 0);
    CHECK(read_file(f.shadow) == f.before);

    // A new password, locked by an administrator meanwhile, and another day of expiry.
    CHECK(f.add("bob") == 0);
    change("bob:!$y$j9T$salt$hash:19001:1:90:14:30:1:", "bob:!$6$new$hash:20000:1:90:14:30:25000:");
    const std::string theirs = read_file(f.shadow);
    CHECK(f.reverse("bob") == 0);
    CHECK(read_file(f.shadow) == theirs);

    // Let in again by an administrator meanwhile: not in force, and the next add begins anew.
    CHECK(f.add("carol") == 0);
    change("carol:!:19000:0:99999:7::1:", "carol:$6$other$hash:19000:0:99999:7::28000:");
    CHECK(f.status("carol") == 4);
    CHECK(f.add("carol") == 0);
    CHECK(f.status("carol") == 0);
    CHECK(f.reverse("carol") == 0);
    CHECK(f.line("carol") == "carol:$6$other$hash:19000:0:99999:7::28000:");

    // Gone, and then another of the same name.
    CHECK(f.add("carol") == 0);
    const std::string passwd = read_file(f.root / "etc/passwd");
    write_file(f.root / "etc/passwd", std::string(passwd).replace(passwd.find("carol:x:1002"), 12, "other:x:1002"));
    CHECK(f.status("carol") == 0);
    write_file(f.root / "etc/passwd", std::string(passwd).replace(passwd.find("carol:x:1002"), 12, "carol:x:1099"));
    CHECK(f.reverse("carol") == 0);
    CHECK(f.line("carol") == "carol:!$6$other$hash:19000:0:99999:7::1:");
    CHECK(fs::is_empty(f.state + "/disable-account"));
}

TEST_CASE("disable-account waits for the lock of passwd and its kin, and loses no change") {
    if (!may_use_another_root()) return;
    const DisableAccount f;
    const int lock = ::open((f.root / "etc/.pwd.lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(lock >= 0);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    REQUIRE(::fcntl(lock, F_SETLK, &whole) == 0);
    const Words words{"-s",     "KILL",          "0.3", kDisableAccount, "--state", f.state,
                      "--root", f.root.string(), "add", "bob",           "-"};
    const auto waiting = run_program("timeout", words);
    REQUIRE(waiting.has_value());
    CHECK(waiting->exit_code == 137);
    CHECK(read_file(f.shadow) == f.before);
    ::close(lock);

    for (int round = 0; round < 3; ++round) {
        std::vector<std::future<int>> runs;
        for (const char* user : {"alice", "bob", "carol", "key", "gone"}) {
            runs.push_back(std::async(std::launch::async, [&f, user, round] {
                const auto result = run_program("env", {kDisableAccount, "--state", f.state, "--root", f.root.string(),
                                                        round % 2 == 0 ? "add" : "delete", user, "-"});
                return result ? result->exit_code : -1;
            }));
        }
        int refused = 0;
        for (auto& started : runs) refused += started.get();
        // One administrator stays.
        CHECK(refused == (round % 2 == 0 ? 1 : 0));
        if (round % 2 == 1) CHECK(read_file(f.shadow) == f.before);
    }
}

TEST_CASE("disable-account speaks JSON, and a request cannot choose the root or the state") {
    if (!may_use_another_root()) return;
    const DisableAccount f;
    const DisableAccount other;
    const std::string extra = "[\"--root\",\"" + other.root.string() + "\",\"--state=" + other.state + "\"]";
    const std::string order = R"({"version":1,"command":"add","parameters":{"extra_args":)" + extra +
                              R"(,"alert":{"data":{"dstuser":"bob","srcuser":"alice"}}}})"
                              "\n{\"command\":\"continue\"}\n";
    const auto result = f.run({}, order);
    CHECK(result.exit_code == 0);
    CHECK(result.output.find("\"keys\":[\"bob\"]") != std::string::npos);
    CHECK(f.status("bob") == 0);
    CHECK(f.status("alice") == 4);
    CHECK(read_file(other.shadow) == other.before);
    CHECK_FALSE(fs::exists(other.state));
    CHECK(f.run({"--check"}).exit_code == 0);
    fs::remove(f.shadow);
    CHECK(f.run({"--check"}).exit_code == 3);
}
