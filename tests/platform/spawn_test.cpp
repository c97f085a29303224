// SPDX-License-Identifier: Apache-2.0
#include "platform/include/spawn.h"

#include "tests/platform/support.h"

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <sstream>
#include <sys/wait.h>
#include <thread>

using namespace riposte;
using riposte::test::process_exists;
using riposte::test::run_until;
using riposte::test::TemporaryDirectory;
using riposte::test::wait_until;
using riposte::test::write_file;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

struct Bin {
    TemporaryDirectory directory;
    Bin() {
        fs::copy_file(FAKE_RESPONSE, directory / "fake");
        fs::permissions(directory / "fake", fs::perms{0755});
    }
    TrustedExecutable open(const std::string& name) const {
        auto opened = open_trusted_executable(directory.path(), name);
        REQUIRE_MESSAGE(opened, name);
        return std::move(*opened);
    }
};

// One for all test cases: the copy costs more than the cases do.
const Bin& bin() {
    static const Bin shared;
    return shared;
}

Words with_role(Words role) {
    Words words{"active-response/bin/fake", "--role"};
    words.insert(words.end(), role.begin(), role.end());
    return words;
}

Result<Child> spawn(asio::io_context& loop, const TrustedExecutable& executable, Words arguments,
                    Words environment = {}, const std::string& directory = "/") {
    SpawnRequest request;
    request.executable = &executable;
    request.arguments = std::move(arguments);
    request.environment = std::move(environment);
    request.working_directory = directory;
    return Child::spawn(loop, request);
}

// A child under observation: its output, and how it ended.
struct Running {
    Running(asio::io_context& its_loop, Child its_child) : loop(its_loop), child(std::move(its_child)) {
        child.async_wait([this](const Result<ExitStatus>& result) {
            ++endings;
            REQUIRE(result);
            status = *result;
        });
        read(child.output(), output, output_ended);
        read(child.errors(), errors, errors_ended);
    }
    static void read(asio::readable_pipe& pipe, std::string& into, bool& ended) {
        asio::async_read(pipe, asio::dynamic_buffer(into),
                         [&ended](const boost::system::error_code&, std::size_t) { ended = true; });
    }
    bool finish() {
        return run_until(loop, [this] { return status && output_ended && errors_ended; });
    }
    bool wait_for_output(const std::string& text) {
        return run_until(loop, [&] { return output.find(text) != std::string::npos; });
    }

    asio::io_context& loop;
    std::string output;
    std::string errors;
    bool output_ended = false;
    bool errors_ended = false;
    int endings = 0;
    std::optional<ExitStatus> status;
    Child child;
};

std::unique_ptr<Running> start(asio::io_context& loop, Words role) {
    auto child = spawn(loop, bin().open("fake"), with_role(std::move(role)));
    REQUIRE(child);
    return std::make_unique<Running>(loop, std::move(*child));
}

std::string run(asio::io_context& loop, Words role) {
    const auto running = start(loop, std::move(role));
    REQUIRE(running->finish());
    CHECK(running->status->success());
    CHECK(running->errors.empty());
    return running->output;
}

long number(const std::string& text) {
    return std::strtol(text.c_str(), nullptr, 10);
}

bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

std::size_t open_descriptors() {
    const fs::directory_iterator begin("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin, fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a child gets exactly its arguments, odd bytes and empty strings included") {
    asio::io_context loop;
    const Words odd{"", " ", "a b", "\"q'", "\\", "$(x)", "\n", "\xff\xfe", "*", "-x", ""};
    Words arguments{"active-response/bin/fake", "--role", "echo-argv", "exit", "0"};
    arguments.insert(arguments.end(), odd.begin(), odd.end());
    std::string expected;
    for (const std::string& argument : arguments) expected += argument + '\0';
    auto child = spawn(loop, bin().open("fake"), arguments);
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    CHECK(running.output == expected);
}

TEST_CASE("a child gets exactly its environment and its working directory") {
    asio::io_context loop;
    ::setenv("RIPOSTE_TEST_SECRET", "leaked", 1);
    auto child = spawn(loop, bin().open("fake"), with_role({"echo-env", "echo-cwd"}), {"PATH=/bin", "EMPTY=", "X=a=b"},
                       bin().directory.path().string());
    ::unsetenv("RIPOSTE_TEST_SECRET");
    REQUIRE(child);
    Running running(loop, std::move(*child));
    REQUIRE(running.finish());
    using namespace std::string_literals;
    CHECK(running.output == "PATH=/bin\0EMPTY=\0X=a=b\0"s + bin().directory.path().string() + "\n");
}

TEST_CASE("a child has its three pipes and no other descriptor") {
    asio::io_context loop;
    // One that is not close-on-exec, with a high number.
    const int leaky = ::fcntl(::open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD, 100);
    REQUIRE(leaky >= 100);
    CHECK(run(loop, {"echo-fds"}) == "0\n1\n2\n");
    // What a script has beyond the three, its interpreter has opened.
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
        auto executable = open_trusted_executable(bin().directory.path(), "fake");
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

TEST_CASE("the end of a child is told once, with its code or its signal") {
    asio::io_context loop;
    struct Case {
        Words role;
        int code;
        int signal;
    };
    for (const Case& test : {Case{{"exit", "0"}, 0, 0}, Case{{"exit", "42"}, 42, 0}, Case{{"exit", "255"}, 255, 0},
                             Case{{"kill-self", "9"}, 0, 9}, Case{{"kill-self", "15"}, 0, 15}}) {
        CAPTURE(test.role);
        const auto running = start(loop, test.role);
        REQUIRE(running->finish());
        CHECK(running->status->code == test.code);
        CHECK(running->status->signal == test.signal);
        CHECK(running->status->success() == (test.code == 0 && test.signal == 0));
        // Signals for a process that has been reaped go nowhere.
        running->child.ask_to_end();
        running->child.end_tree();
        loop.restart();
        loop.poll();
        CHECK(running->endings == 1);
    }
    CHECK_FALSE(has_children());
}

TEST_CASE("a wait that begins after the child has ended is answered from the loop") {
    asio::io_context loop;
    auto child = spawn(loop, bin().open("fake"), with_role({"exit", "7"}));
    REQUIRE(child);
    const auto pid = static_cast<id_t>(child->identity().pid);
    REQUIRE(wait_until([&] {
        siginfo_t info{};
        return ::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
    }));
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
    fs::copy_file(bin().directory / "fake", directory / "program");
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
    const auto nowhere = spawn(loop, bin().open("fake"), {"x"}, {}, (directory / "gone").string());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == std::errc::no_such_file_or_directory);
    CHECK(nowhere.error().what.find("enter " + (directory / "gone").string()) != std::string::npos);
    const auto too_long = spawn(loop, bin().open("fake"), {"x", std::string(1 << 20, 'a')});
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == std::errc::argument_list_too_long);
    const auto nul = spawn(loop, bin().open("fake"), {"x", std::string("a\0b", 3)});
    REQUIRE_FALSE(nul);
    CHECK(nul.error().code == std::errc::invalid_argument);
    CHECK_FALSE(has_children());
}

TEST_CASE("two hundred spawns, good and bad, leave neither zombies nor descriptors") {
    asio::io_context loop;
    write_file(bin().directory / "bad", "no format\n", 0755);
    const TrustedExecutable good = bin().open("fake");
    const TrustedExecutable bad = bin().open("bad");
    // The loop opens its own with the first child.
    CHECK(spawn(loop, good, with_role({})));
    const std::size_t descriptors = open_descriptors();
    int ended = 0;
    for (int round = 0; round < 100; ++round) {
        CHECK_FALSE(spawn(loop, bad, {"bad"}));
        auto child = spawn(loop, good, with_role({"exit", "3"}));
        REQUIRE(child);
        if (round % 4 == 0) continue;  // destroyed while it runs
        child->async_wait([&](const Result<ExitStatus>& result) { ended += result && result->code == 3 ? 1 : 0; });
        const int before = ended;
        REQUIRE(run_until(loop, [&] { return ended > before; }));
    }
    CHECK(ended == 75);
    CHECK_FALSE(has_children());
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a child that is asked to end may tidy up, and its whole group is asked") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    const long grandchild = number(running->output);
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGTERM);
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a child that was asked to end takes along what ignored the question") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-ignore-term", "echo-grandchild", "hang"});
    REQUIRE(running->wait_for_output("\n"));
    running->child.ask_to_end();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGTERM);
    CHECK(wait_until([&] { return !process_exists(number(running->output)); }));
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
    const long grandchild = number(running->output);
    running->child.ask_to_end();
    CHECK(process_exists(grandchild));
    CHECK_FALSE(running->status);
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK(running->status->signal == SIGKILL);
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("the end of a child is told although a grandchild keeps its pipes open") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-own-session", "echo-grandchild", "exit", "5"});
    REQUIRE(run_until(loop, [&] { return running->status.has_value() && !running->output.empty(); }));
    CHECK(running->status->code == 5);
    CHECK_FALSE(running->output_ended);
    // What left the group is not ours to end.
    const long grandchild = number(running->output);
    CHECK(process_exists(grandchild));
    REQUIRE(::kill(static_cast<pid_t>(grandchild), SIGKILL) == 0);
    CHECK(running->finish());
}

TEST_CASE("a descendant in the group is gone when a tree was ended whose leader had ended already") {
    asio::io_context loop;
    const auto running = start(loop, {"grandchild-ignore-term", "echo-grandchild", "exit", "0"});
    const auto pid = static_cast<id_t>(running->child.identity().pid);
    REQUIRE(wait_until([&] {
        siginfo_t info{};
        return ::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
    }));
    running->child.end_tree();
    REQUIRE(running->finish());
    CHECK(running->status->code == 0);
    const long grandchild = number(running->output);
    CHECK(grandchild > 0);
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
}

TEST_CASE("a destroyed child takes its tree along, is reaped, and calls nobody") {
    asio::io_context loop;
    int calls = 0;
    long grandchild = 0;
    std::int64_t pid = 0;
    {
        auto child = spawn(loop, bin().open("fake"), with_role({"grandchild-ignore-term", "echo-grandchild", "hang"}));
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
    CHECK_FALSE(has_children());
    CHECK(wait_until([&] { return !process_exists(grandchild); }));
    loop.restart();
    loop.poll();
    CHECK(calls == 0);
}

TEST_CASE("a child may be destroyed by the handler of its own end") {
    asio::io_context loop;
    auto spawned = spawn(loop, bin().open("fake"), with_role({}));
    REQUIRE(spawned);
    auto child = std::make_unique<Child>(std::move(*spawned));
    child->async_wait([&](const Result<ExitStatus>&) { child.reset(); });
    CHECK(run_until(loop, [&] { return child == nullptr; }));
}

TEST_CASE("a child moved onto another ends the other") {
    asio::io_context loop;
    auto first = spawn(loop, bin().open("fake"), with_role({"hang"}));
    auto second = spawn(loop, bin().open("fake"), with_role({"hang"}));
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
        auto child = spawn(*loop, bin().open("fake"), with_role({"hang"}));
        REQUIRE(child);
        child->async_wait([&](const Result<ExitStatus>&) { ++calls; });
        loop->poll();
        loop->stop();
    }
    loop.reset();
    CHECK(calls == 0);
    CHECK_FALSE(has_children());
}

TEST_CASE("several threads can spawn at the same time, each on its own loop") {
    std::vector<std::thread> threads;
    std::array<int, 4> ended{};
    for (int& count : ended) {
        threads.emplace_back([&count] {
            asio::io_context loop;
            const auto executable = open_trusted_executable(bin().directory.path(), "fake");
            for (int round = 0; executable && round < 10; ++round) {
                auto child = spawn(loop, *executable, with_role({"exit", "9"}));
                if (!child) return;
                child->async_wait(
                    [&](const Result<ExitStatus>& result) { count += result && result->code == 9 ? 1 : 0; });
                const int before = count;
                if (!run_until(loop, [&] { return count > before; })) return;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(ended == std::array<int, 4>{10, 10, 10, 10});
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
    const ProcessIdentity self{::getpid(), 1};
    for (const ProcessIdentity& identity : {ProcessIdentity{}, ProcessIdentity{-1, 5}, ProcessIdentity{1LL << 40, 5},
                                            ProcessIdentity{4'194'305, 5}, self}) {
        CAPTURE(identity.pid);
        int calls = 0;
        const Orphan orphan(loop, identity, 3'600'000, [&](bool was_running) {
            CHECK_FALSE(was_running);
            ++calls;
        });
        CHECK(calls == 0);
        REQUIRE(run_until(loop, [&] { return calls > 0; }));
        CHECK(calls == 1);
    }
}

TEST_CASE("an orphan is waited for, and its tree ended when its time is over") {
    asio::io_context loop;
    // A grandchild of ours is no child of ours: like one that an earlier run has left.
    const auto parent = start(loop, {"grandchild-own-session", "echo-grandchild", "hang"});
    REQUIRE(parent->wait_for_output("\n"));
    const long pid = number(parent->output);
    std::string stat = test::read_file("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));
    std::string field;
    for (int index = 3; index <= 22; ++index) fields >> field;
    const ProcessIdentity identity{pid, std::strtoull(field.c_str(), nullptr, 10)};

    int given_up = 0;
    {
        const Orphan orphan(loop, identity, 0, [&](bool) { ++given_up; });
    }
    int calls = 0;
    const Orphan patient(loop, identity, 3'600'000, [&](bool was_running) { calls += was_running ? 1 : 100; });
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(30)));
    CHECK(process_exists(pid));
    CHECK(given_up == 0);
    {
        const Orphan impatient(loop, identity, 10, [&](bool) { ++calls; });
        REQUIRE(run_until(loop, [&] { return calls == 2; }));
    }
    CHECK_FALSE(process_exists(pid));
    // An operator's end of it is noticed the same way.
    int third = 0;
    const ProcessIdentity leader = parent->child.identity();
    const Orphan watched(loop, leader, 3'600'000, [&](bool was_running) { third += was_running ? 1 : 100; });
    REQUIRE(::kill(static_cast<pid_t>(leader.pid), SIGKILL) == 0);
    REQUIRE(run_until(loop, [&] { return third == 1; }));
}
