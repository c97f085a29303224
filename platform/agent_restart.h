// SPDX-License-Identifier: Apache-2.0
// The parts of the agent's restart that are the same on both systems. Private to platform.
#pragma once

#include "platform/include/result.h"

#include <chrono>
#include <string_view>
#include <thread>

namespace riposte {

// The first argument of the process that goes on with a restart.
inline constexpr std::string_view kContinueRestart = "--continue-restart";

// Up to three times, with a pause between them; the last error if none succeeds.
template <class Attempt>
auto try_three_times(Attempt attempt) -> decltype(attempt()) {
    constexpr int kAttempts = 3;
    constexpr auto kPause = std::chrono::seconds(1);
    auto result = attempt();
    for (int tried = 1; tried < kAttempts && !result; ++tried) {
        std::this_thread::sleep_for(kPause);
        result = attempt();
    }
    return result;
}

}  // namespace riposte
