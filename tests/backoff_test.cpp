// SPDX-License-Identifier: Apache-2.0
#include "src/backoff.h"

#include <doctest/doctest.h>

#include <climits>

using namespace riposte;
using std::chrono::seconds;

TEST_CASE("pauses between tries double from the first up to the limit and stay there") {
    constexpr Backoff backoff{seconds(5), seconds(600)};
    CHECK(backoff.pause_after(1) == seconds(5));
    CHECK(backoff.pause_after(2) == seconds(10));
    CHECK(backoff.pause_after(7) == seconds(320));
    CHECK(backoff.pause_after(8) == seconds(600));
    CHECK(backoff.pause_after(INT_MAX) == seconds(600));
    CHECK(backoff.pause_after(0) == seconds(5));
}
