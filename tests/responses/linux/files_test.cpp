// SPDX-License-Identifier: Apache-2.0
// The stock executables that block an address by a file, each as a process.
#include "tests/support/files.h"

#include "platform/include/program.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

int run(const std::string& name, const Words& arguments, const std::string& input = {}) {
    return run_shipped(name, arguments, input).code;
}

}  // namespace

TEST_CASE("host-deny adds and removes whole lines, and nothing else changes") {
    const TemporaryDirectory directory;
    const std::string file = (directory / "hosts.deny").string();
    const std::string others =
        "# ours\n"
        "sshd: 203.0.113.0/24\n"
        "ALL:1.1.1.10\n"
        "ALL: 1.1.1.1\n"
        "  ALL:1.1.1.1\n"
        "ALL:1.1.1.1 \\\n"
        "  : twist /bin/echo no\n"
        "#ALL:1.1.1.1\n"
        "\tlast without newline";
    write_file(file, others, 0640);
    struct stat before {};
    REQUIRE(::stat(file.c_str(), &before) == 0);

    CHECK(run("host-deny", {"--file", file, "--status", "1.1.1.1"}) == 4);
    CHECK(run("host-deny", {"--file", file, "add", "-", "1.1.1.1"}) == 0);
    CHECK(read_file(file) == "ALL:1.1.1.1\n" + others);
    CHECK(run("host-deny", {"--file", file, "add", "-", "1.1.1.1"}) == 0);
    CHECK(run("host-deny", {"--file", file, "add", "-", "2001:DB8::1"}) == 0);
    CHECK(run("host-deny", {"--file", file, "add", "-", "192.0.2.7/25"}) == 0);
    CHECK(run("host-deny", {"--file", file, "add", "-", "2001:db8::/32"}) == 0);
    CHECK(read_file(file) ==
          "ALL:[2001:db8::]/32\nALL:192.0.2.0/255.255.255.128\nALL:[2001:db8::1]\nALL:1.1.1.1\n" + others);
    const Words all{"--file", file, "--status", "1.1.1.1", "2001:db8::1", "192.0.2.0/25", "2001:db8::/32"};
    CHECK(run("host-deny", all) == 0);
    for (const char* target : {"1.1.1.1", "2001:db8::1", "192.0.2.0/25", "2001:db8::/32", "2001:db8::/32"})
        CHECK(run("host-deny", {"--file", file, "delete", "-", target}) == 0);
    CHECK(read_file(file) == others);

    struct stat after {};
    REQUIRE(::stat(file.c_str(), &after) == 0);
    CHECK(after.st_mode == before.st_mode);
    CHECK(after.st_uid == before.st_uid);
    CHECK(after.st_gid == before.st_gid);
    CHECK(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("host-deny keeps a foreign owner and a symbolic link") {
    const TemporaryDirectory directory;
    write_file(directory / "real", "ALL:192.0.2.9\n", 0604);
    fs::create_symlink("real", directory / "hosts.deny");
    if (is_root()) {
        REQUIRE(::chown((directory / "real").c_str(), 1234, 4321) == 0);
    } else {
        skip("the owner: only root can give a file to another user");
    }
    const std::string file = (directory / "hosts.deny").string();
    CHECK(run("host-deny", {"--file", file, "add", "-", "192.0.2.7"}) == 0);
    CHECK(fs::is_symlink(file));
    CHECK(read_file(directory / "real") == "ALL:192.0.2.7\nALL:192.0.2.9\n");
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0604);
    if (is_root()) CHECK(status.st_uid == 1234);
    if (is_root()) CHECK(status.st_gid == 4321);
}

TEST_CASE("host-deny makes a missing file, and refuses what is no file") {
    const TemporaryDirectory directory;
    const std::string file = (directory / "new").string();
    CHECK(run("host-deny", {"--file", file, "delete", "-", "192.0.2.7"}) == 0);
    CHECK_FALSE(fs::exists(file));
    CHECK(run("host-deny", {"--file", file, "add", "-", "192.0.2.7"}) == 0);
    CHECK(read_file(file) == "ALL:192.0.2.7\n");
    CHECK((fs::status(file).permissions() & fs::perms::mask) == fs::perms(0644));
    REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
    CHECK(run("host-deny", {"--file", (directory / "pipe").string(), "add", "-", "192.0.2.7"}) == 1);
    CHECK(run("host-deny", {"--file", directory.path().string(), "add", "-", "192.0.2.7"}) == 1);
    CHECK(run("host-deny", {"--file", (directory / "no/such").string(), "add", "-", "192.0.2.7"}) == 1);
}

TEST_CASE("host-deny at once from many processes loses no line") {
    const TemporaryDirectory directory;
    const std::string file = (directory / "hosts.deny").string();
    write_file(file, "# kept\n");
    Words targets{"--file", file, "--status"};
    std::vector<std::future<int>> runs;
    for (int i = 1; i <= 12; ++i) {
        targets.push_back("192.0.2." + std::to_string(i));
        runs.push_back(std::async(std::launch::async, [file, target = targets.back()] {
            const auto result =
                run_program("env", {std::string(RESPONSES) + "/host-deny", "--file", file, "add", "-", target});
            return result ? result->exit_code : -1;
        }));
    }
    for (auto& started : runs) CHECK(started.get() == 0);
    CHECK(run("host-deny", targets) == 0);
    CHECK(read_file(file).ends_with("# kept\n"));
}

TEST_CASE("a request cannot point host-deny at another file") {
    const TemporaryDirectory directory;
    const std::string file = (directory / "hosts.deny").string();
    const std::string other = (directory / "other").string();
    write_file(file, "");
    write_file(other, "");
    const std::string order = R"({"version":1,"command":"add","parameters":{"extra_args":["--file",")" + other +
                              R"("],"alert":{"data":{"srcip":"192.0.2.7"}}}})"
                              "\n"
                              R"({"command":"continue"})"
                              "\n";
    CHECK(run("host-deny", {"--file", file}, order) == 0);
    CHECK(read_file(file) == "ALL:192.0.2.7\n");
    CHECK(read_file(other).empty());
}

TEST_CASE("who may change nothing is told so by --check, and by what he tries") {
    if (!is_root()) return skip("only root can become another user");
    const TemporaryDirectory directory;
    const std::string file = (directory / "hosts.deny").string();
    write_file(file, "");
    const std::string blocks = (directory / "blocks").string();
    const std::vector<Words> commands{{"firewall-drop", "--firewall", "nftables"},
                                      {"firewall-drop", "--firewall", "iptables"},
                                      {"route-null"},
                                      {"host-deny", "--file", file},
                                      {"ip-customblock", "--directory", blocks},
                                      {"disable-account"},
                                      {"kill-sessions"},
                                      {"quarantine-file"}};
    for (const Words& command : commands) {
        CAPTURE(command.front());
        CAPTURE(command.back());
        Words words{"--reuid=65534", "--regid=65534", "--clear-groups", shipped_file(command.front()).string()};
        words.insert(words.end(), command.begin() + 1, command.end());
        words.emplace_back("--check");
        const auto check = run_program("setpriv", words);
        REQUIRE(check.has_value());
        CHECK_MESSAGE(check->exit_code == 3, check->output);
        CHECK(check->output.size() > 10);
        words.back() = "add";
        words.insert(words.end(), {"root", "192.0.2.7", "1.1", "5712", "/var/log/x"});
        const auto add = run_program("setpriv", words);
        REQUIRE(add.has_value());
        CHECK_MESSAGE(add->exit_code != 0, add->output);
    }
    CHECK(read_file(file).empty());
    CHECK_FALSE(fs::exists(blocks));
}
