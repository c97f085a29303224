// SPDX-License-Identifier: Apache-2.0
// Waiting for what happens outside this thread, with a deadline.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace riposte::test {

// Only what hangs takes so long: on a machine with more to do, and under Wine or a sanitizer too.
inline constexpr std::chrono::seconds kDeadline{120};

// Evaluates the condition until it holds; false if it does not hold within the limit. The pause between two evaluations
// is a tenth of the time waited so far, but 5 to 100 ms, and at least as long as the evaluation took: tests run side by
// side, and a condition that reads a whole log or starts a process would otherwise take the processor from what it
// waits for.
template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit = kDeadline) {
    using Clock = std::chrono::steady_clock;
    constexpr Clock::duration kShortest = std::chrono::milliseconds(5), kLongest = std::chrono::milliseconds(100);
    const auto begin = Clock::now();
    for (;;) {
        const auto asked = Clock::now();
        if (condition()) return true;
        const auto now = Clock::now();
        if (now - begin > limit) return false;
        std::this_thread::sleep_for(std::max(std::clamp((now - begin) / 10, kShortest, kLongest), now - asked));
    }
}

}  // namespace riposte::test
