// SPDX-License-Identifier: Apache-2.0
#include "platform/include/program.h"

#include "tests/platform/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

using namespace riposte;

TEST_CASE("a tool is found in the system's directories and nowhere else") {
    const auto found = find_program("sh");
    REQUIRE(found);
    CHECK(found->starts_with("/"));
    for (const char* name : {"no-such-tool-here", "", "/bin/sh", "../bin/sh", "bin/sh"}) {
        CAPTURE(name);
        CHECK_FALSE(find_program(name));
    }
    const auto run = run_program("no-such-tool-here", {});
    REQUIRE_FALSE(run);
    CHECK(run.error().code == std::errc::no_such_file_or_directory);
}

TEST_CASE("arguments reach a tool as they are, and its output and exit code come back") {
    const std::string odd = "$(id); 'x' \"y\"\n* -";
    const auto run = run_program("sh", {"-c", R"(printf '%s|%s' "$0" "$PWD"; printf problem >&2; exit 7)", odd});
    REQUIRE(run);
    CHECK(run->exit_code == 7);
    CHECK_FALSE(run->success());
    CHECK(run->output == odd + "|/problem");
    CHECK(describe("sh", *run) == "sh: exit code 7: * -|/problem");
}

TEST_CASE("a tool reads its input to the end and knows nothing of the caller's environment") {
    const std::string input(300'000, 'x');
    const auto counted = run_program("wc", {"-c"}, input);
    REQUIRE(counted);
    CHECK(counted->output == "300000\n");
    ::setenv("RIPOSTE_SECRET", "known", 1);
    const auto variables = run_program("env", {});
    ::unsetenv("RIPOSTE_SECRET");
    REQUIRE(variables);
    CHECK(variables->output.find("RIPOSTE_SECRET") == std::string::npos);
}

TEST_CASE("a talkative tool ends, and 64 KiB of its output are kept") {
    const auto run = run_program("head", {"-c", "1000000", "/dev/zero"});
    REQUIRE(run);
    CHECK(run->success());
    CHECK(run->output.size() == 65'536);
}

TEST_CASE("a tool that does not end is killed at its deadline") {
    const auto start = std::chrono::steady_clock::now();
    const auto run = run_program("sleep", {"60"}, {}, std::chrono::milliseconds(100));
    REQUIRE_FALSE(run);
    CHECK(run.error().code == std::errc::timed_out);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("a tool that ended by a signal has failed, and its children are not waited for") {
    const auto killed = run_program("sh", {"-c", "kill -9 $$"});
    REQUIRE(killed);
    CHECK(killed->exit_code == 128 + 9);
    const auto left = run_program("sh", {"-c", "sleep 30 & echo $!"}, {}, std::chrono::seconds(20));
    REQUIRE(left);
    CHECK(left->success());
    CHECK(run_program("kill", {left->output.substr(0, left->output.find('\n'))}));
}
