// SPDX-License-Identifier: Apache-2.0
// Children for the tests of spawn.h: the scripted one, started and watched.
#pragma once

#include "platform/include/spawn.h"
#include "tests/platform/support.h"
#include "tests/support/program.h"
#include "tests/support/text.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte::test {

struct Bin {
    TemporaryDirectory directory;
    Bin() { copy_program(directory.path(), "fake", FAKE_RESPONSE); }
    TrustedExecutable open(const std::string& name) const {
        auto opened = open_trusted_executable(directory.path(), name);
        REQUIRE_MESSAGE(opened, name);
        return std::move(*opened);
    }
};

// One for all test cases: the copy costs more than the cases do.
inline const Bin& bin() {
    static const Bin shared;
    return shared;
}

inline Words with_role(Words role) {
    Words words{"active-response/bin/" + program("fake"), "--role"};
    words.insert(words.end(), role.begin(), role.end());
    return words;
}

inline Result<Child> spawn(boost::asio::io_context& loop, const TrustedExecutable& executable, Words arguments,
                           Words environment = {}, const std::string& directory = bin().directory.path().string()) {
    SpawnRequest request;
    request.executable = &executable;
    request.arguments = std::move(arguments);
    request.environment = std::move(environment);
    request.working_directory = directory;
    return Child::spawn(loop, request);
}

// A child under observation: its output, and how it ended.
struct Running {
    Running(boost::asio::io_context& its_loop, Child its_child) : loop(its_loop), child(std::move(its_child)) {
        child.async_wait([this](const Result<ExitStatus>& result) {
            ++endings;
            REQUIRE(result);
            status = *result;
        });
        read(child.output(), output, output_ended);
        read(child.errors(), errors, errors_ended);
    }
    static void read(boost::asio::readable_pipe& pipe, std::string& into, bool& ended) {
        boost::asio::async_read(pipe, boost::asio::dynamic_buffer(into),
                                [&ended](const boost::system::error_code&, std::size_t) { ended = true; });
    }
    bool finish() {
        return run_until(loop, [this] { return status && output_ended && errors_ended; });
    }
    bool wait_for_output(const std::string& text) {
        return run_until(loop, [&] { return output.find(text) != std::string::npos; });
    }

    boost::asio::io_context& loop;
    std::string output;
    std::string errors;
    bool output_ended = false;
    bool errors_ended = false;
    int endings = 0;
    std::optional<ExitStatus> status;
    Child child;
};

inline std::unique_ptr<Running> start(boost::asio::io_context& loop, Words role) {
    auto child = spawn(loop, bin().open(program("fake")), with_role(std::move(role)));
    REQUIRE(child);
    return std::make_unique<Running>(loop, std::move(*child));
}

// Rounds of one spawn that fails and one child that ends with 3; every fourth of these is destroyed while it runs. How
// many of the others ended so.
inline int spawn_good_and_bad(boost::asio::io_context& loop, const TrustedExecutable& good,
                              const TrustedExecutable& bad, int rounds) {
    int ended = 0;
    for (int round = 0; round < rounds; ++round) {
        CHECK_FALSE(spawn(loop, bad, {"bad"}));
        auto child = spawn(loop, good, with_role({"exit", "3"}));
        REQUIRE(child);
        if (round % 4 == 0) continue;
        child->async_wait([&](const Result<ExitStatus>& result) { ended += result && result->code == 3 ? 1 : 0; });
        const int before = ended;
        REQUIRE(run_until(loop, [&] { return ended > before; }));
    }
    return ended;
}

inline std::string run(boost::asio::io_context& loop, Words role) {
    const auto running = start(loop, std::move(role));
    REQUIRE(running->finish());
    CHECK(running->status->success());
    CHECK(running->errors.empty());
    return running->output;
}

inline std::int64_t number(const std::string& text) {
    return std::strtoll(text.c_str(), nullptr, 10);
}

}  // namespace riposte::test
