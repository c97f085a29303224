// SPDX-License-Identifier: Apache-2.0
// Waiting for what happens outside this thread, with a deadline.
#pragma once

#include <chrono>
#include <thread>

namespace riposte::test {

// Looks again and again until the condition holds; false if it does not within the limit.
template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace riposte::test
