// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"

#include "platform/include/arguments.h"
#include "platform/include/system_log.h"
#include "platform/include/utf8_path.h"
#include "tests/platform/support.h"
#include "tests/support/os.h"

#include <doctest/doctest.h>

using namespace riposte;
using riposte::test::TemporaryDirectory;

TEST_CASE("a second owner of a lock gets an error that names the first, until the first is over") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / utf8_path(
                                                              "l\xc3\xb6"
                                                              "ck");
    {
        auto first = InstanceLock::acquire(file);
        REQUIRE(first);
        InstanceLock moved = std::move(*first);
        const auto second = InstanceLock::acquire(file);
        REQUIRE_FALSE(second);
        const std::string text = second.error().text();
        CHECK(text.find(file.string() + " is held by process ") == 0);
        CHECK(text.find(" " + std::to_string(test::process_id()) + ",") != std::string::npos);
    }
    CHECK(InstanceLock::acquire(file));
    CHECK_FALSE(InstanceLock::acquire(directory / "gone/lock"));
}

TEST_CASE("a body runs, with its exit code, where no service manager is") {
    int calls = 0;
    const int code = run_service([&calls] {
        ++calls;
        return 7;
    });
    CHECK(code == 7);
    CHECK(calls == 1);
    CHECK(open_system_log() == nullptr);
}

TEST_CASE("nobody hands in a socket twice, and without a watchdog nothing happens") {
    take_activated_sockets();
    const ActivatedSockets sockets = take_activated_sockets();
    CHECK(sockets.execq.empty());
    CHECK(sockets.control.empty());
    boost::asio::io_context loop;
    const ServiceWatchdog watchdog(loop);
    CHECK(loop.poll() == 0);
}

TEST_CASE("the arguments and variables of this process are UTF-8") {
    const char* const words[] = {"program", "h\xc3\xa9", "x y"};
    const std::vector<std::string> arguments = program_arguments(3, words);
    // Windows looks at the real command line, that of this test.
    CHECK((arguments == std::vector<std::string>{"h\xc3\xa9", "x y"} || arguments.size() != 2));
    CHECK(environment_variable("PATH").value_or("").size() > 1);
    CHECK_FALSE(environment_variable("RIPOSTE_NO_SUCH_VARIABLE"));
}
