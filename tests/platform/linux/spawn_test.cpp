// SPDX-License-Identifier: Apache-2.0
#include "tests/platform/spawn_fixture.h"

#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

}  // namespace

TEST_CASE("a child's environment is what it is given to the byte") {
    asio::io_context loop;
    auto child = spawn(loop, bin().open(program("fake")), with_role({"echo-env"}), {"PATH=/bin", "EMPTY=", "X=a=b"});
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output == std::string("PATH=/bin\0EMPTY=\0X=a=b\0", 23));
}

TEST_CASE("a child gets bytes that are no UTF-8 as they are") {
    asio::io_context loop;
    CHECK(run(loop, {"print", "\xff\xfe"}) == "\xff\xfe\n");
}

TEST_CASE("a child has its three pipes and no other descriptor") {
    asio::io_context loop;
    // One that is not close-on-exec, with a high number.
    const int leaky = ::fcntl(::open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD, 100);
    REQUIRE(leaky >= 100);
    CHECK(run(loop, {"echo-fds"}) == "0\n1\n2\n");
    // A script's interpreter may open more descriptors, so only the lowest ones and the leaky one are checked.
    write_file(bin().directory / "list", "#!/bin/sh\nfor f in /proc/$$/fd/*; do echo ${f##*/}; done\n", 0755);
    auto child = spawn(loop, bin().open("list"), {"list"}, {"PATH=/bin:/usr/bin"});
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output.substr(0, 4) == "0\n1\n");
    CHECK(running.output.find("100\n") == std::string::npos);
    ::close(leaky);
}

TEST_CASE("a child is spawned although the parent's standard handles are closed") {
    // In a process of its own: the others need theirs.
    const pid_t child = ::fork();
    if (child == 0) {
        for (int descriptor = 0; descriptor < 3; ++descriptor) ::close(descriptor);
        asio::io_context loop;
        auto executable = open_trusted_executable(bin().directory.path(), program("fake"));
        if (!executable) ::_exit(1);
        auto spawned = spawn(loop, *executable, with_role({"read-line", "echo-fds", "print-error", "seen"}));
        if (!spawned) ::_exit(2);
        asio::write(spawned->input(), asio::buffer("line\n", 5));
        std::string output;
        std::string errors;
        boost::system::error_code ended;
        asio::read(spawned->output(), asio::dynamic_buffer(output), ended);
        asio::read(spawned->errors(), asio::dynamic_buffer(errors), ended);
        ::_exit(output == "0\n1\n2\n" && errors == "seen\n" ? 0 : 3);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a child starts with default signal dispositions and nothing blocked, and the parent keeps its own") {
    asio::io_context loop;
    struct sigaction before {};
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    REQUIRE(sigaction(SIGUSR2, &ignore, &before) == 0);
    struct sigaction pipe_before {};
    REQUIRE(sigaction(SIGPIPE, &ignore, &pipe_before) == 0);
    sigset_t blocked;
    sigset_t mask_before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGTERM);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &blocked, &mask_before) == 0);
    CHECK(run(loop, {"echo-signals"}) == "ignored blocked\n");

    sigset_t mask;
    REQUIRE(pthread_sigmask(SIG_SETMASK, &mask_before, &mask) == 0);
    CHECK(sigismember(&mask, SIGUSR1) == 1);
    CHECK(sigismember(&mask, SIGTERM) == 1);
    CHECK(sigismember(&mask, SIGINT) == 0);
    struct sigaction now {};
    REQUIRE(sigaction(SIGUSR2, &before, &now) == 0);
    const bool still_ignored = now.sa_handler == SIG_IGN;
    CHECK(still_ignored);
    REQUIRE(sigaction(SIGPIPE, &pipe_before, nullptr) == 0);
}

TEST_CASE("a child leads a session and a process group of its own") {
    asio::io_context loop;
    const auto running = start(loop, {"echo-ids"});
    REQUIRE(running->finish());
    const std::string pid = std::to_string(running->child.identity().pid);
    CHECK(running->output == pid + " " + std::to_string(::getpid()) + " " + pid + " " + pid + "\n");
}

TEST_CASE("the end of a child by a signal is told with its number") {
    asio::io_context loop;
    for (const int signal : {SIGKILL, SIGTERM}) {
        CAPTURE(signal);
        const auto running = start(loop, {"kill-self", std::to_string(signal)});
        REQUIRE(running->finish());
        CHECK(running->status->code == 0);
        CHECK(running->status->signal == signal);
        CHECK_FALSE(running->status->success());
    }
    CHECK_FALSE(has_children());
}

TEST_CASE("the child's ends of its pipes are blocking") {
    asio::io_context loop;
    write_file(bin().directory / "flags", "#!/bin/sh\nfor f in 0 1 2; do grep flags /proc/$$/fdinfo/$f; done\n", 0755);
    auto child = spawn(loop, bin().open("flags"), {"flags"}, {"PATH=/bin:/usr/bin"});
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    std::istringstream lines(running.output);
    int seen = 0;
    for (std::string label, flags; lines >> label >> flags; ++seen) {
        CHECK((std::strtol(flags.c_str(), nullptr, 8) & O_NONBLOCK) == 0);
    }
    CHECK(seen == 3);
}

TEST_CASE("a script is run by its interpreter under its own path") {
    asio::io_context loop;
    write_file(bin().directory / "script", "#!/bin/sh\necho \"$0 $1\"\n", 0755);
    auto child = spawn(loop, bin().open("script"), {"active-response/bin/script", "add"});
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output == (bin().directory / "script").string() + " add\n");
}

TEST_CASE("a program runs from the file that was checked, whatever stands at its path by then") {
    asio::io_context loop;
    const TemporaryDirectory directory;
    fs::copy_file(bin().directory / program("fake"), directory / "program");
    auto executable = open_trusted_executable(directory.path(), "program");
    REQUIRE(executable);
    fs::rename(directory / "program", directory / "moved");
    write_file(directory / "program", "#!/bin/sh\necho replaced\n", 0755);
    auto child = spawn(loop, *executable, with_role({"print", "checked"}));
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output == "checked\n");
}

TEST_CASE("what cannot be run is an error that names the file and the reason") {
    asio::io_context loop;
    const fs::path directory = bin().directory.path();
    write_file(directory / "no-interpreter", "#!/nonexistent/interpreter\n", 0755);
    write_file(directory / "no-format", "echo hello\n", 0755);
    write_file(directory / "no-program", "", 0755);
    const auto missing = spawn(loop, bin().open("no-interpreter"), {"x"});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == std::errc::no_such_file_or_directory);
    CHECK(missing.error().what.find((directory / "no-interpreter").string()) != std::string::npos);
    CHECK(missing.error().what.find("interpreter in its #! line") != std::string::npos);
    for (const char* name : {"no-format", "no-program"}) {
        CAPTURE(name);
        const auto format = spawn(loop, bin().open(name), {"x"});
        REQUIRE_FALSE(format);
        CHECK(format.error().code == std::errc::executable_format_error);
    }
    const auto nowhere = spawn(loop, bin().open(program("fake")), {"x"}, {}, (directory / "gone").string());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == std::errc::no_such_file_or_directory);
    CHECK(nowhere.error().what.find("enter " + (directory / "gone").string()) != std::string::npos);
    const auto too_long = spawn(loop, bin().open(program("fake")), {"x", std::string(1 << 20, 'a')});
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == std::errc::argument_list_too_long);
    const auto nul = spawn(loop, bin().open(program("fake")), {"x", std::string("a\0b", 3)});
    REQUIRE_FALSE(nul);
    CHECK(nul.error().code == std::errc::invalid_argument);
    CHECK_FALSE(has_children());
}

TEST_CASE("spawns, good and bad, leave no zombies") {
    asio::io_context loop;
    write_file(bin().directory / "bad", "no format\n", 0755);
    const TrustedExecutable good = bin().open(program("fake"));
    const TrustedExecutable bad = bin().open("bad");
    CHECK(spawn_good_and_bad(loop, good, bad, 20) == 15);
    CHECK_FALSE(has_children());
}

TEST_CASE("a child is asked to end by SIGTERM") {
    asio::io_context loop;
    const auto running = start(loop, {"print", "up", "hang"});
    REQUIRE(running->wait_for_output("up"));
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGTERM);
}

TEST_CASE("what a child has not read of its input is counted") {
    asio::io_context loop;
    const auto running = start(
        loop, {"print", "up", "wait-for", (bin().directory / "go").string(), "read-line", "print", "read", "hang"});
    REQUIRE(running->wait_for_output("up"));
    CHECK(running->child.unread_input() == 0);
    asio::write(running->child.input(), asio::buffer("line\n", 5));
    CHECK(running->child.unread_input() == 5);
    write_file(bin().directory / "go", "");
    REQUIRE(running->wait_for_output("read"));
    CHECK(running->child.unread_input() == 0);
    running->child.input().close();
    CHECK_FALSE(running->child.unread_input());
    running->child.end_tree();
    CHECK(running->finish());
}

TEST_CASE("a stopped child is asked to end as well") {
    asio::io_context loop;
    const auto running = start(loop, {"print", "up", "hang"});
    REQUIRE(running->wait_for_output("up"));
    const auto pid = static_cast<pid_t>(running->child.identity().pid);
    REQUIRE(::kill(pid, SIGSTOP) == 0);
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGTERM);
}

TEST_CASE("the end of the tree reaches a child and a grandchild that ignore SIGTERM") {
    asio::io_context loop;
    const auto running = start(loop, {"ignore-term", "grandchild-ignore-term", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    const std::int64_t grandchild = number(running->output);
    running->child.ask_to_end();
    CHECK(process_exists(grandchild));
    CHECK_FALSE(running->status);
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGKILL);
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a destroyed child is reaped") {
    asio::io_context loop;
    CHECK(spawn(loop, bin().open(program("fake")), with_role({"hang"})));
    CHECK_FALSE(has_children());
}

TEST_CASE("an orphan that is no child of this process is waited for and ended") {
    asio::io_context loop;
    // A grandchild of ours is no child of ours: like one that an earlier run has left.
    const auto parent = start(loop, {"grandchild-own-session", "echo-grandchild", "hang"});
    REQUIRE(parent->wait_for_output("\n"));
    const std::int64_t pid = number(parent->output);
    std::string stat = test::read_file("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));
    std::string field;
    for (int index = 3; index <= 22; ++index) fields >> field;
    const ProcessIdentity identity{pid, std::strtoull(field.c_str(), nullptr, 10)};

    int given_up = 0;
    {
        const Orphan orphan(loop, identity, std::chrono::milliseconds(0), [&](bool) { ++given_up; });
    }
    int calls = 0;
    const Orphan patient(loop, identity, std::chrono::milliseconds(3'600'000),
                         [&](bool was_running) { calls += was_running ? 1 : 100; });
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(30)));
    CHECK(process_exists(pid));
    CHECK(given_up == 0);
    {
        const Orphan impatient(loop, identity, std::chrono::milliseconds(10), [&](bool) { ++calls; });
        REQUIRE(run_until(loop, [&] { return calls == 2; }));
    }
    CHECK_FALSE(process_exists(pid));
    // An operator's end of it is noticed the same way.
    int third = 0;
    const ProcessIdentity leader = parent->child.identity();
    const Orphan watched(loop, leader, std::chrono::milliseconds(3'600'000),
                         [&](bool was_running) { third += was_running ? 1 : 100; });
    REQUIRE(::kill(static_cast<pid_t>(leader.pid), SIGKILL) == 0);
    REQUIRE(run_until(loop, [&] { return third == 1; }));
}
