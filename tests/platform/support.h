// SPDX-License-Identifier: Apache-2.0
// What the contract tests of platform/ share: how a Result is shown, and running a loop until a condition holds.
#pragma once

#include "platform/include/result.h"
#include "tests/support/files.h"
#include "tests/support/wait.h"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

// A failed check on a Result shows the error.
template <class T>
struct doctest::StringMaker<riposte::Result<T>> {
    static String convert(const riposte::Result<T>& result) {
        return result ? String("a value") : String(result.error().text().c_str());
    }
};

namespace riposte::test {

inline constexpr std::chrono::seconds kDeadline{20};

// True as soon as the condition holds, false when it does not within the deadline. Runs what is ready on the loop
// meanwhile.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition condition, std::chrono::milliseconds limit = kDeadline) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        loop.restart();
        // A loop without work returns at once.
        if (loop.run_one_for(std::chrono::milliseconds(2)) == 0) std::this_thread::yield();
    }
    return true;
}

}  // namespace riposte::test
