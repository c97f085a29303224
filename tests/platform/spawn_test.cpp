// SPDX-License-Identifier: Apache-2.0
#include "tests/platform/spawn_fixture.h"

#include <array>
#include <thread>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;

TEST_CASE("a child gets exactly its arguments, empty and odd ones included") {
    asio::io_context loop;
    const Words odd{"",        " ",      "a b",     "\"q'",          "\\",  "\\\\", "a\\", "a b\\",
                    "a\\\"b",  "\\\\\"", "$(x)",    "%PATH%",        "\n",  "\t",   "*",   "*.exe",
                    "-x",      "/c",     "a\"b\"c", "\"\"\"",        "a&b", "a^b",  "a|b", "\u00fc\u65e5\U0001f512",
                    "a,b;c=d", "(x)",    "a\"&\"b", "\\\\server\\x", "!x!", ""};
    Words arguments{"active-response/bin/" + program("fake"), "--role", "echo-argv", "exit", "0"};
    arguments.insert(arguments.end(), odd.begin(), odd.end());
    std::string expected;
    for (const std::string& argument : arguments) expected += argument + '\0';
    auto child = spawn(loop, bin().open(program("fake")), arguments);
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output == expected);
}

TEST_CASE("a child gets the environment it is given, nothing of its parent's, and its working directory") {
    asio::io_context loop;
    const test::Variable secret("RIPOSTE_TEST_SECRET", "leaked");
    auto child = spawn(loop, bin().open(program("fake")), with_role({"echo-env", "echo-cwd"}),
                       {"EMPTY=", "PATH=/bin", "X=a=b"}, bin().directory.path().string());
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    using namespace std::string_literals;
    CHECK(running.output.starts_with("EMPTY=\0PATH=/bin\0X=a=b\0"s));
    CHECK(running.output.ends_with("\0"s + bin().directory.path().string() + "\n"));
    CHECK(running.output.find("RIPOSTE_TEST_SECRET") == std::string::npos);
}

TEST_CASE("the end of a child is told once, with its code") {
    asio::io_context loop;
    for (const int code : {0, 1, 42, 255}) {
        CAPTURE(code);
        const auto running = start(loop, {"exit", std::to_string(code)});
        REQUIRE(running->finish());
        CHECK(running->status->code == code);
        CHECK(running->status->signal == 0);
        CHECK(running->status->success() == (code == 0));
        // For a process that has been waited for this does nothing.
        running->child.ask_to_end();
        running->child.end_tree();
        loop.restart();
        loop.poll();
        CHECK(running->endings == 1);
    }
}

TEST_CASE("a wait that begins after the child has ended is answered from the loop") {
    asio::io_context loop;
    auto child = spawn(loop, bin().open(program("fake")), with_role({"exit", "7"}));
    REQUIRE(child);
    REQUIRE(wait_until([&] { return !process_exists(child->identity().pid); }));
    int answers = 0;
    const auto count = [&](const Result<ExitStatus>& result) {
        REQUIRE(result);
        CHECK(result->code == 7);
        ++answers;
    };
    child->async_wait(count);
    CHECK(answers == 0);
    REQUIRE(run_until(loop, [&] { return answers == 1; }));
    child->async_wait(count);
    CHECK(answers == 1);
    REQUIRE(run_until(loop, [&] { return answers == 2; }));
}

TEST_CASE("a megabyte goes in while a megabyte comes out") {
    asio::io_context loop;
    const auto running = start(loop, {"read-line", "flood", "1000000", "flood-stderr", "1000000", "read-all"});
    const std::string line = std::string(1'000'000, 'x') + "\n" + std::string(1'000'000, 'y');
    bool written = false;
    asio::async_write(running->child.input(), asio::buffer(line),
                      [&](const boost::system::error_code& error, std::size_t) {
                          CHECK_FALSE(error);
                          written = true;
                          running->child.input().close();
                      });
    REQUIRE(running->finish());
    CHECK(written);
    CHECK(running->output.size() == 1'000'000);
    CHECK(running->errors.size() == 1'000'000);
    CHECK(running->status->success());
}

TEST_CASE("what cannot be started is an error that names the file and the reason") {
    asio::io_context loop;
    const fs::path gone = bin().directory / "gone";
    const auto nowhere = spawn(loop, bin().open(program("fake")), {"x"}, {}, gone.string());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == std::errc::no_such_file_or_directory);
    CHECK(nowhere.error().what.find("enter " + gone.string()) != std::string::npos);
    const auto too_long = spawn(loop, bin().open(program("fake")), {"x", std::string(1 << 20, 'a')});
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == std::errc::argument_list_too_long);
    const auto nul = spawn(loop, bin().open(program("fake")), {"x", std::string("a\0b", 3)});
    REQUIRE_FALSE(nul);
    CHECK(nul.error().code == std::errc::invalid_argument);
}

TEST_CASE("two hundred spawns, good and bad, leave no open handles") {
    asio::io_context loop;
    const std::string bad_name = program("bad");
    write_file(bin().directory / bad_name, "no format\n", 0755);
    const TrustedExecutable good = bin().open(program("fake"));
    const TrustedExecutable bad = bin().open(bad_name);
    // The system's and the loop's own come with the first children.
    for (int round = 0; round < 4; ++round) {
        const auto running = start(loop, {"exit", "0"});
        REQUIRE(running->finish());
        CHECK_FALSE(spawn(loop, bad, {"bad"}));
    }
    const std::size_t handles = test::open_handles();
    CHECK(spawn_good_and_bad(loop, good, bad, 100) == 75);
    CHECK(wait_until([&] { return test::open_handles() <= handles; }));
}

TEST_CASE("a child that is asked to end does so, and its whole group") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    const std::int64_t grandchild = number(running->output);
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK_FALSE(running->status->success());
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a child that was asked to end takes along what ignored the question") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-ignore-term", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK_FALSE(running->status->success());
    CHECK(wait_until([&] { return !process_exists(number(running->output)); }));
}

TEST_CASE("the end of the tree reaches a child and a grandchild that cannot be asked") {
    asio::io_context loop;
    const auto running = start(loop, {"ignore-term", "grandchild-ignore-term", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    const std::int64_t grandchild = number(running->output);
    CHECK(process_exists(grandchild));
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK_FALSE(running->status->success());
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("the end of a child is told although a grandchild keeps its pipes open") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-own-session", "echo-grandchild", "exit", "5"});
    REQUIRE(run_until(loop, [&] { return running->status.has_value() && !running->output.empty(); }));
    CHECK(running->status->code == 5);
    CHECK_FALSE(running->output_ended);
    // The child ended by itself, so Riposte does not end the processes that it left behind.
    const std::int64_t grandchild = number(running->output);
    CHECK(process_exists(grandchild));
    REQUIRE(test::end_process(grandchild));
    CHECK(running->finish());
}

TEST_CASE("what a child that ended by itself left behind lives on when the child is destroyed") {
    asio::io_context loop;
    auto running = start(loop, {"grandchild", "echo-grandchild", "exit", "0"});
    REQUIRE(run_until(loop, [&] { return running->status.has_value() && !running->output.empty(); }));
    const std::int64_t grandchild = number(running->output);
    running->child.end_tree();
    running.reset();
    CHECK(process_exists(grandchild));
    REQUIRE(test::end_process(grandchild));
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a descendant in the group is gone when a tree was ended whose leader had ended already") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-ignore-term", "echo-grandchild", "exit", "0"});
    REQUIRE(wait_until([&] { return !process_exists(running->child.identity().pid); }));
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK(running->status->code == 0);
    const std::int64_t grandchild = number(running->output);
    CHECK(grandchild > 0);
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a destroyed child takes its tree along and calls nobody") {
    asio::io_context loop;
    int calls = 0;
    std::int64_t grandchild = 0;
    std::int64_t pid = 0;
    {
        auto child =
            spawn(loop, bin().open(program("fake")), with_role({"grandchild-ignore-term", "echo-grandchild", "hang"}));
        REQUIRE(child);
        pid = child->identity().pid;
        std::string output;
        asio::read(child->output(), asio::dynamic_buffer(output), [&](const auto&, std::size_t size) {
            return size == 0 || output.back() != '\n' ? std::size_t{64} : std::size_t{0};
        });
        grandchild = number(output);
        child->async_wait([&](const Result<ExitStatus>&) { ++calls; });
    }
    CHECK_FALSE(process_exists(pid));
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
    loop.restart();
    loop.poll();
    CHECK(calls == 0);
}

TEST_CASE("a child may be destroyed by the handler of its own end") {
    asio::io_context loop;
    auto spawned = spawn(loop, bin().open(program("fake")), with_role({}));
    REQUIRE(spawned);
    auto child = std::make_unique<Child>(std::move(*spawned));
    child->async_wait([&](const Result<ExitStatus>&) { child.reset(); });
    CHECK(run_until(loop, [&] { return child == nullptr; }));
}

TEST_CASE("a child moved onto another ends the other") {
    asio::io_context loop;
    auto first = spawn(loop, bin().open(program("fake")), with_role({"hang"}));
    auto second = spawn(loop, bin().open(program("fake")), with_role({"hang"}));
    REQUIRE(first);
    REQUIRE(second);
    const std::int64_t ended = first->identity().pid;
    const std::int64_t kept = second->identity().pid;
    *first = std::move(*second);
    CHECK_FALSE(process_exists(ended));
    CHECK(process_exists(kept));
    CHECK(first->identity().pid == kept);
}

TEST_CASE("a child may outlive the run of its loop") {
    auto loop = std::make_unique<asio::io_context>();
    int calls = 0;
    {
        auto child = spawn(*loop, bin().open(program("fake")), with_role({"hang"}));
        REQUIRE(child);
        child->async_wait([&](const Result<ExitStatus>&) { ++calls; });
        loop->poll();
        loop->stop();
    }
    loop.reset();
    CHECK(calls == 0);
}

TEST_CASE("several threads can spawn at the same time, each on its own loop") {
    const TrustedExecutable executable = bin().open(program("fake"));
    std::vector<std::thread> threads;
    std::array<int, 4> ended{};
    std::array<std::string, 4> faults;
    for (std::size_t index = 0; index < ended.size(); ++index) {
        threads.emplace_back([&executable, &count = ended.at(index), &fault = faults.at(index)] {
            asio::io_context loop;
            for (int round = 0; round < 10 && fault.empty(); ++round) {
                auto child = spawn(loop, executable, with_role({"exit", "9"}));
                if (!child) {
                    fault = child.error().text();
                    break;
                }
                const int before = count;
                child->async_wait([&](const Result<ExitStatus>& result) {
                    if (!result) fault = result.error().text();
                    count += result && result->code == 9 ? 1 : 0;
                });
                if (!run_until(loop, [&] { return count > before; })) fault += " not ended as asked";
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t index = 0; index < ended.size(); ++index) {
        CHECK(faults.at(index) == "");
        CHECK(ended.at(index) == 10);
    }
}

TEST_CASE("a process has an identity that tells it from a later one of the same number") {
    asio::io_context loop;
    const auto running = start(loop, {"hang"});
    const ProcessIdentity identity = running->child.identity();
    CHECK(identity.pid > 0);
    CHECK(identity.started > 0);
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK(running->child.identity().started == identity.started);
}

TEST_CASE("an orphan that is gone, or whose number belongs to another process now, is done at once") {
    asio::io_context loop;
    const ProcessIdentity self{test::process_id(), 1};
    for (const ProcessIdentity& identity : {ProcessIdentity{}, ProcessIdentity{-1, 5}, ProcessIdentity{1LL << 40, 5},
                                            ProcessIdentity{4'194'305, 5}, self}) {
        CAPTURE(identity.pid);
        int calls = 0;
        const Orphan orphan(loop, identity, std::chrono::hours(1), [&](bool was_running) {
            CHECK_FALSE(was_running);
            ++calls;
        });
        CHECK(calls == 0);
        REQUIRE(run_until(loop, [&] { return calls > 0; }));
        CHECK(calls == 1);
    }
}

TEST_CASE("an orphan is waited for, and ended when its time is over") {
    asio::io_context loop;
    const auto running = start(loop, {"print", "up", "hang"});
    REQUIRE(running->wait_for_output("up"));
    const ProcessIdentity identity = running->child.identity();
    int given_up = 0;
    {
        const Orphan orphan(loop, identity, std::chrono::seconds(0), [&](bool) { ++given_up; });
    }
    int calls = 0;
    const Orphan patient(loop, identity, std::chrono::hours(1),
                         [&](bool was_running) { calls += was_running ? 1 : 100; });
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(30)));
    CHECK(process_exists(identity.pid));
    CHECK(given_up == 0);
    {
        const Orphan impatient(loop, identity, std::chrono::milliseconds(10), [&](bool) { ++calls; });
        REQUIRE(run_until(loop, [&] { return calls == 2; }));
    }
    CHECK_FALSE(process_exists(identity.pid));
    REQUIRE(running->finish());
    CHECK_FALSE(running->status->success());
}

TEST_CASE("the end of an orphan by another's hand is noticed") {
    asio::io_context loop;
    const auto running = start(loop, {"print", "up", "hang"});
    REQUIRE(running->wait_for_output("up"));
    int calls = 0;
    const Orphan watched(loop, running->child.identity(), std::chrono::hours(1),
                         [&](bool was_running) { calls += was_running ? 1 : 100; });
    REQUIRE(test::end_process(running->child.identity().pid));
    REQUIRE(run_until(loop, [&] { return calls == 1; }));
}
