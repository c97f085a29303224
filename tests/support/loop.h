// SPDX-License-Identifier: Apache-2.0
// Waiting for what happens on an event loop that the test's own thread runs, with a deadline.
#pragma once

#include "tests/support/wait.h"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <thread>

namespace riposte::test {

// True as soon as the condition holds, false when it does not within the limit. Runs what is ready on the loop
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
