// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"

#include "platform/windows/unique_handle.h"
#include "tests/platform/support.h"
#include "tests/support/os.h"
#include "tests/support/role.h"
#include "tests/support/skip.h"

#include <boost/asio/executor_work_guard.hpp>
#include <doctest/doctest.h>

#include <iostream>
#include <windows.h>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;

namespace {

constexpr int kNoConsole = 77;

// A console of this process's own, so that what is typed there reaches no other.
bool take_console() {
    ::FreeConsole();
    return ::AllocConsole() != 0;
}

int console_event(const std::vector<std::string>& arguments) {
    if (!take_console()) return kNoConsole;
    asio::io_context loop;
    int stops = 0;
    const ServiceSignals signals(
        loop, [&] { ++stops; }, [] {});
    const auto event = static_cast<DWORD>(std::stoul(arguments.at(0)));
    if (::GenerateConsoleCtrlEvent(event, 0) == 0) return kNoConsole;
    return run_until(loop, [&] { return stops == 1; }) ? 0 : 1;
}
const Role kConsoleEvent("console-event", console_event);

int console_output(const std::vector<std::string>&) {
    if (!take_console()) return kNoConsole;
    const UniqueHandle screen(::CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                                            FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr));
    CONSOLE_SCREEN_BUFFER_INFO information{};
    if (!screen || ::GetConsoleScreenBufferInfo(screen.get(), &information) == 0) return kNoConsole;
    ::SetStdHandle(STD_OUTPUT_HANDLE, screen.get());
    test::unset_variable("NO_COLOR");
    const Terminal terminal = standard_output_terminal();
    if (!terminal.is_terminal || ::GetConsoleOutputCP() != CP_UTF8) return 1;
    const int width = information.srWindow.Right - information.srWindow.Left + 1;
    if (terminal.columns != (width > 1 ? width : 80)) return 2;
    test::set_variable("NO_COLOR", "1");
    return standard_output_terminal().colours ? 3 : 0;
}
const Role kConsoleOutput("console-output", console_output);

int hold_lock(const std::vector<std::string>& arguments) {
    const auto lock = InstanceLock::acquire(arguments.at(0));
    std::cout << (lock ? "held" : lock.error().text()) << std::endl;
    asio::io_context loop;
    const auto work = asio::make_work_guard(loop);
    loop.run();
    return 0;
}
const Role kHoldLock("hold-lock", hold_lock);

void check_role(const std::string& role, const std::vector<std::string>& arguments = {}) {
    RoleProcess process(role, arguments);
    const int code = process.wait();
    if (code == kNoConsole)
        return test::skip("a process cannot have a console of its own here (Wine without a display)");
    CHECK(code == 0);
}

}  // namespace

TEST_CASE("Ctrl-C and Ctrl-Break stop") {
    for (const DWORD event : {CTRL_C_EVENT, CTRL_BREAK_EVENT}) {
        CAPTURE(event);
        check_role("console-event", {std::to_string(event)});
    }
}

TEST_CASE("a console tells its width and learns UTF-8, and colours are off where nobody wants them") {
    check_role("console-output");
}

TEST_CASE("a lock holds against another process, which may be killed") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory / "lock";
    {
        RoleProcess holder("hold-lock", {file.string()});
        REQUIRE(holder.line() == "held");
        const auto refused = InstanceLock::acquire(file);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().text().find("is held by process " + std::to_string(holder.id()) + ",") !=
              std::string::npos);
        holder.end();
        holder.wait();
    }
    CHECK(InstanceLock::acquire(file));
}
