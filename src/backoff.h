// SPDX-License-Identifier: Apache-2.0
// Growing pauses between tries of what keeps failing.
#pragma once

#include <algorithm>
#include <chrono>

namespace riposte {

// The first pause, then twice as long after each further failure, up to a limit.
struct Backoff {
    std::chrono::milliseconds first;
    std::chrono::milliseconds limit;

    // `failures` in a row so far, at least one.
    constexpr std::chrono::milliseconds pause_after(int failures) const {
        constexpr int kMostDoublings = 20;
        return std::min(limit, first * (1 << std::clamp(failures - 1, 0, kMostDoublings)));
    }
};

}  // namespace riposte
