// SPDX-License-Identifier: Apache-2.0
#include "platform/include/environment.h"
#include "platform/windows/child_pipe.h"
#include "platform/windows/wide.h"
#include "tests/platform/hostile_arguments.h"
#include "tests/platform/spawn_fixture.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/role.h"
#include "tests/support/skip.h"

#include <algorithm>
#include <iostream>
#include <windows.h>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// The exit code of a program that Windows ended because it does not handle Ctrl-Break.
constexpr DWORD kEndedByBreak = 0xc000013a;

std::unique_ptr<Running> start_file(asio::io_context& loop, const std::string& name, Words arguments) {
    arguments.insert(arguments.begin(), "active-response\\bin\\" + name);
    auto child = spawn(loop, bin().open(name), std::move(arguments), child_environment());
    REQUIRE(child);
    return std::make_unique<Running>(loop, std::move(*child));
}

// A batch file that hands its three arguments to the scripted child, in quotes of its own.
const char* const kPassOn = "@echo off\r\n\"%~dp0fake.exe\" --role echo-argv exit 0 \"%~1\" \"%~2\" \"%~3\"\r\n";

// The last three arguments that the scripted child printed. The arguments before them are the script itself.
Words last_three(const std::string& output) {
    Words words;
    std::size_t at = 0;
    for (std::size_t end = 0; (end = output.find('\0', at)) != std::string::npos; at = end + 1) {
        words.push_back(output.substr(at, end - at));
    }
    words.erase(words.begin(), words.end() - std::min<std::ptrdiff_t>(std::ssize(words), 3));
    return words;
}

// Starts a child that hangs, tells its number, and waits to be killed.
const Role parent("spawn-parent", [](const std::vector<std::string>& arguments) {
    asio::io_context loop;
    const auto executable = open_trusted_executable(arguments.at(0), program("fake"));
    if (!executable) return 1;
    const auto child = spawn(loop, *executable, with_role({"grandchild", "hang"}), {}, arguments.at(0));
    if (!child) return 2;
    std::cout << child->identity().pid << std::endl;
    // Until it is killed.
    const auto work = asio::make_work_guard(loop);
    loop.run();
    return 3;
});

}  // namespace

TEST_CASE("an argument that is not UTF-8 is refused") {
    asio::io_context loop;
    const auto child = spawn(loop, bin().open(program("fake")), {"x", "\xff\xfe"});
    REQUIRE_FALSE(child);
    CHECK(child.error().code == std::errc::invalid_argument);
}

TEST_CASE("every hostile argument reaches a program as it was") {
    asio::io_context loop;
    Words all;
    for (const HostileArgument& argument : hostile_arguments()) all.push_back(argument.text);
    REQUIRE(all.size() >= 60);
    // The C runtime of the child reads what is behind the last word of its script.
    Words role{"echo-argv", "exit", "0"};
    role.insert(role.end(), all.begin(), all.end());
    std::string expected = "active-response/bin/" + program("fake") + '\0' + std::string("--role") + '\0';
    for (const std::string& word : role) expected += word + '\0';
    CHECK(run(loop, role) == expected);
}

TEST_CASE("a batch file is run by cmd.exe under its own path, and its code is told") {
    asio::io_context loop;
    write_file(bin().directory / "echo it.cmd",
               "@echo off\r\necho %~f0 %1 %2\r\nset /p line=\r\necho got %line%\r\nexit /b 7\r\n");
    const auto running = start_file(loop, "echo it.cmd", {"add", "10.0.0.1"});
    asio::write(running->child.input(), asio::buffer("a line\r\n", 8));
    REQUIRE(running->finish());
    CHECK(running->status->code == 7);
    CHECK(running->output == (bin().directory / "echo it.cmd").string() + " add 10.0.0.1\r\ngot a line\r\n");
}

TEST_CASE("an upper-case .BAT is a batch file too") {
    asio::io_context loop;
    write_file(bin().directory / "UPPER.BAT", "@echo ran %1\r\n");
    const auto running = start_file(loop, "UPPER.BAT", {"add"});
    REQUIRE(running->finish());
    CHECK(running->output == "ran add\r\n");
}

TEST_CASE("no hostile argument breaks out of a batch file: it arrives, or is refused") {
    asio::io_context loop;
    write_file(bin().directory / "pass.cmd", kPassOn);
    const fs::path injected = bin().directory / "injected.txt";
    int arrived = 0;
    for (const HostileArgument& argument : hostile_arguments()) {
        CAPTURE(argument.text);
        auto child = spawn(loop, bin().open("pass.cmd"), {"pass", "first", argument.text, "last"}, child_environment());
        REQUIRE(child.has_value() != argument.batch_refuses);
        if (!child) continue;
        Running running(loop, std::move(*child));
        REQUIRE(running.finish());
        CAPTURE(running.output);
        CAPTURE(running.errors);
        const Words words = last_three(running.output);
        REQUIRE(words.size() == 3);
        CHECK(words[0] == "first");
        // Once through the batch file, then through the C runtime, which halves the backslashes at the end.
        CHECK(words[1] == argument.text);
        CHECK(words[2] == "last");
        CHECK(running.errors.empty());
        CHECK_FALSE(fs::exists(injected));
        ++arrived;
    }
    CHECK(arrived > 40);
}

TEST_CASE("a PowerShell script is handed to PowerShell") {
    asio::io_context loop;
    write_file(bin().directory / "script.ps1",
               "param($verb, $address)\r\nWrite-Output \"$verb $address\"\r\nexit 9\r\n");
    const auto refused = spawn(loop, bin().open("script.ps1"), {"script.ps1", "add", "-Force"}, child_environment());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == std::errc::invalid_argument);
    if (is_wine())
        return skip("the script's run: Wine's powershell.exe does nothing; command_line_test has its command line");
    const auto running = start_file(loop, "script.ps1", {"add", "10.0.0.1"});
    REQUIRE(running->finish());
    CHECK(running->status->code == 9);
    CHECK(running->output.find("add 10.0.0.1") != std::string::npos);
}

TEST_CASE("what is none of the kinds that can be run, or only looks like it, is a format error") {
    asio::io_context loop;
    for (const char* name : {"no-suffix", "script.sh", "old.com", "x.exe.txt", "empty.exe", "text.exe"}) {
        CAPTURE(name);
        write_file(bin().directory / name, std::string_view(name) == "empty.exe" ? "" : "echo hello\r\n");
        const auto child = spawn(loop, bin().open(name), {name});
        REQUIRE_FALSE(child);
        CHECK(child.error().code == std::errc::executable_format_error);
        CHECK(child.error().what.find((bin().directory / name).string()) != std::string::npos);
    }
}

TEST_CASE("a child inherits its three pipes and no other handle, though others can be inherited") {
    asio::io_context loop;
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    const fs::path secret = bin().directory / "secret.txt";
    const UniqueHandle leaky(::CreateFileW(secret.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, &inheritable,
                                           CREATE_ALWAYS, 0, nullptr));
    REQUIRE(leaky);
    CHECK(run(loop, {"echo-files"}).find("secret.txt") == std::string::npos);
    // The word does see a file that is handed down.
    STARTUPINFOW startup{};
    startup.cb = sizeof(startup);
    startup.dwFlags = STARTF_USESTDHANDLES;
    auto pipe = make_child_pipe(Direction::FromChild);
    REQUIRE(pipe);
    startup.hStdOutput = pipe->childs.get();
    std::wstring line = L"\"" + (bin().directory / program("fake")).wstring() + L"\" --role echo-files";
    PROCESS_INFORMATION process{};
    REQUIRE(::CreateProcessW(nullptr, line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process));
    const UniqueHandle thread(process.hThread);
    const UniqueHandle handle(process.hProcess);
    pipe->childs.reset();
    asio::readable_pipe reader(loop, pipe->ours.release());
    std::string output;
    boost::system::error_code ended;
    asio::read(reader, asio::dynamic_buffer(output), ended);
    CHECK(output.find("secret.txt") != std::string::npos);
}

TEST_CASE("a child cannot leave its job") {
    asio::io_context loop;
    CHECK(run(loop, {"break-away"}) == "refused\n");
}

TEST_CASE("a child shows no window") {
    asio::io_context loop;
    const std::string console = run(loop, {"echo-console"});
    CHECK(console.find("visible") == std::string::npos);
    if (is_wine()) {
        skip("the shared console: without a display, Wine 8 gives a program none of its own");
    } else {
        CHECK(console == "console\n");
    }
}

TEST_CASE("when this process is killed, its children and theirs are gone") {
    RoleProcess killed("spawn-parent", {bin().directory.path().string()});
    const auto line = killed.line();
    REQUIRE(line);
    const std::int64_t child = number(*line);
    REQUIRE(process_exists(child));
    killed.end();
    CHECK(wait_until([&] { return !process_exists(child); }));
}

TEST_CASE("a child is asked to end by Ctrl-Break, which it may ignore") {
    if (is_wine()) return skip("Wine 8 has no Ctrl-Break; a child is ended at once there");
    asio::io_context loop;
    const auto asked = start(loop, {"print", "up", "hang"});
    REQUIRE(asked->wait_for_output("up"));
    asked->child.ask_to_end();
    REQUIRE(asked->finish());
    CHECK(static_cast<DWORD>(asked->status->code) == kEndedByBreak);

    const auto stubborn = start(loop, {"ignore-term", "print", "up", "hang"});
    REQUIRE(stubborn->wait_for_output("up"));
    stubborn->child.ask_to_end();
    CHECK_FALSE(run_until(
        loop, [&] { return stubborn->status.has_value(); }, std::chrono::milliseconds(300)));
    stubborn->child.end_tree();
    REQUIRE(stubborn->finish());
    CHECK_FALSE(stubborn->status->success());
}

TEST_CASE("what a child has not read of its input is counted where the system tells") {
    asio::io_context loop;
    const auto running = start(
        loop, {"print", "up", "wait-for", (bin().directory / "go").string(), "read-line", "print", "read", "hang"});
    REQUIRE(running->wait_for_output("up"));
    const bool tells = running->child.unread_input().has_value();
    CHECK(tells != is_wine());
    if (tells) CHECK(running->child.unread_input() == 0);
    asio::write(running->child.input(), asio::buffer("line\n", 5));
    if (tells) CHECK(running->child.unread_input() == 5);
    write_file(bin().directory / "go", "");
    REQUIRE(running->wait_for_output("read"));
    if (tells) CHECK(running->child.unread_input() == 0);
    running->child.input().close();
    CHECK_FALSE(running->child.unread_input());
    running->child.end_tree();
    CHECK(running->finish());
    if (!tells) skip("the count: Wine does not tell how much of a pipe is unread");
}

TEST_CASE("what was written before the input is closed is read all the same") {
    asio::io_context loop;
    const fs::path dump = bin().directory / "dump.txt";
    const fs::path go = bin().directory / "go-on";
    const auto running = start(loop, {"wait-for", go.string(), "read-all", "dump", dump.string()});
    asio::write(running->child.input(), asio::buffer("the whole line\n", 15));
    running->child.input().close();
    write_file(go, "");
    REQUIRE(running->finish());
    CHECK(read_file(dump) == "the whole line\n");
}

TEST_CASE("a script cannot be changed while it runs") {
    asio::io_context loop;
    const fs::path file = bin().directory / "slow.cmd";
    write_file(file, "@echo off\r\necho up\r\nset /p line=\r\necho done\r\n");
    auto running = start_file(loop, "slow.cmd", {});
    REQUIRE(running->wait_for_output("up"));
    CHECK_FALSE(::DeleteFileW(file.c_str()));
    CHECK_FALSE(UniqueHandle(::CreateFileW(file.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                           OPEN_EXISTING, 0, nullptr)));
    asio::write(running->child.input(), asio::buffer("\r\n", 2));
    REQUIRE(running->finish());
    CHECK(running->output == "up\r\ndone\r\n");
    running.reset();
    CHECK(::DeleteFileW(file.c_str()));
}
