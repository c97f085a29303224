// SPDX-License-Identifier: Apache-2.0
#include "src/run/limiter.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using riposte::Limiter;
using riposte::Limits;

namespace {

constexpr Limits kNone{0, 0};
constexpr std::int64_t kStart = 5'000'000;

// How many of `requests` at one moment are admitted.
int admitted(Limiter& limiter, const Limits& own, const Limits& all, std::int64_t now_ms, int requests,
             const std::string& command = "drop") {
    int count = 0;
    for (int i = 0; i < requests; ++i)
        count += limiter.admit(command, own, all, riposte::boot_time_of(now_ms), 0, 0) ? 0 : 1;
    return count;
}

}  // namespace

TEST_CASE("without limits every request is admitted and nothing is remembered") {
    Limiter limiter;
    CHECK(admitted(limiter, kNone, kNone, kStart, 10'000) == 10'000);
    CHECK(limiter.remembered() == 0);
}

TEST_CASE("a burst of the whole limit is admitted and uses the minute up") {
    Limiter limiter;
    CHECK(admitted(limiter, {10, 0}, kNone, kStart, 25) == 10);
    CHECK(admitted(limiter, {10, 0}, kNone, kStart + 30'000, 25) == 0);
    CHECK(admitted(limiter, {10, 0}, kNone, kStart + 59'999, 25) == 0);
    CHECK(admitted(limiter, {10, 0}, kNone, kStart + 61'000, 25) == 10);
}

TEST_CASE("no 60 seconds admit more than the limit, whenever the requests come") {
    Limiter limiter;
    const Limits own{7, 0};
    std::vector<std::int64_t> times;
    for (std::int64_t at = kStart; at < kStart + 600'000; at += 137) {
        if (!limiter.admit("drop", own, kNone, riposte::boot_time_of(at), 0, 0)) times.push_back(at);
    }
    REQUIRE(times.size() > 60);
    for (std::size_t i = 7; i < times.size(); ++i) CHECK(times[i] - times[i - 7] > 60'000);
    for (std::size_t i = 7; i < times.size(); ++i) CHECK(times[i] - times[i - 7] < 61'500);
}

TEST_CASE("a long pause empties the minute") {
    Limiter limiter;
    CHECK(admitted(limiter, {3, 0}, kNone, kStart, 5) == 3);
    CHECK(admitted(limiter, {3, 0}, kNone, kStart + 86'400'000, 5) == 3);
    CHECK(admitted(limiter, {3, 0}, kNone, kStart + 86'400'000, 5) == 0);
}

TEST_CASE("commands have their own minute and share the overall one") {
    Limiter limiter;
    const Limits own{5, 0}, all{8, 0};
    CHECK(admitted(limiter, own, all, kStart, 9, "drop") == 5);
    CHECK(admitted(limiter, own, all, kStart, 9, "deny") == 3);
    CHECK(admitted(limiter, kNone, all, kStart, 9, "other") == 0);
    CHECK(admitted(limiter, kNone, kNone, kStart, 9, "other") == 9);
}

TEST_CASE("a refused request does not count") {
    Limiter limiter;
    for (int second = 0; second < 60; ++second) {
        CHECK(admitted(limiter, {1, 0}, kNone, kStart + second * 1000, 3) == (second == 0 ? 1 : 0));
    }
    CHECK(admitted(limiter, {1, 0}, kNone, kStart + 61'000, 3) == 1);

    // One that the overall limit refuses leaves the command's own minute as it was.
    Limiter other;
    CHECK(admitted(other, {2, 0}, {0, 1}, kStart, 1) == 1);
    REQUIRE(other.admit("drop", {2, 0}, {0, 1}, riposte::boot_time_of(kStart), 0, 1));
    CHECK(admitted(other, {2, 0}, kNone, kStart, 5) == 1);
}

TEST_CASE("the limit in force refuses from the limit on and names itself") {
    Limiter limiter;
    CHECK_FALSE(limiter.admit("drop", {0, 3}, {0, 10}, riposte::boot_time_of(kStart), 2, 9));
    const auto own = limiter.admit("drop", {0, 3}, {0, 10}, riposte::boot_time_of(kStart), 3, 9);
    REQUIRE(own);
    CHECK(own->refusal.reason == riposte::RefusalReason::InForce);
    CHECK(own->refusal.text == "the limit of 3 in force of drop is reached");
    const auto all = limiter.admit("drop", {0, 3}, {0, 10}, riposte::boot_time_of(kStart), 2, 10);
    REQUIRE(all);
    CHECK(all->refusal.text == "the limit of 10 in force of all commands together is reached");
}

TEST_CASE("refusals are reported once a minute with the number of those between") {
    Limiter limiter;
    const Limits own{1, 0};
    REQUIRE_FALSE(limiter.admit("drop", own, kNone, riposte::boot_time_of(kStart), 0, 0));

    const auto first = limiter.admit("drop", own, kNone, riposte::boot_time_of(kStart + 1), 0, 0);
    REQUIRE(first);
    CHECK(first->refusal.reason == riposte::RefusalReason::Rate);
    CHECK(first->refusal.text == "the limit of 1 requests per minute of drop is reached");
    CHECK(first->report);
    CHECK(first->unreported == 0);
    for (int i = 0; i < 40; ++i) {
        const auto silent = limiter.admit("drop", own, kNone, riposte::boot_time_of(kStart + 100 + i), 0, 0);
        REQUIRE(silent);
        CHECK_FALSE(silent->report);
    }
    const auto next = limiter.admit("drop", own, kNone, riposte::boot_time_of(kStart + 60'001), 0, 0);
    REQUIRE(next);
    CHECK(next->report);
    CHECK(next->unreported == 40);
    const auto after = limiter.admit("drop", own, kNone, riposte::boot_time_of(kStart + 60'002), 0, 0);
    REQUIRE(after);
    CHECK_FALSE(after->report);
    CHECK(after->unreported == 0);
}

TEST_CASE("each command and each limit reports for itself, the overall limits once for all commands") {
    Limiter limiter;
    const auto reports = [&](const std::string& command, const Limits& own, const Limits& all) {
        const auto refusal = limiter.admit(command, own, all, riposte::boot_time_of(kStart), 5, 50);
        REQUIRE(refusal);
        return refusal->report;
    };
    CHECK(reports("drop", {0, 5}, kNone));
    CHECK_FALSE(reports("drop", {0, 5}, kNone));
    CHECK(reports("deny", {0, 5}, kNone));
    CHECK(reports("drop", kNone, {0, 50}));
    CHECK_FALSE(reports("deny", kNone, {0, 50}));
}

TEST_CASE("commands that are idle are forgotten and many names stay within bounds") {
    Limiter limiter;
    for (int i = 0; i < 5000; ++i) {
        REQUIRE_FALSE(
            limiter.admit("name" + std::to_string(i), {1, 0}, kNone, riposte::boot_time_of(kStart + i), 0, 0));
    }
    CHECK(limiter.remembered() == 1024);
    CHECK(limiter.admit("name4999", {1, 0}, kNone, riposte::boot_time_of(kStart + 5000), 0, 0));
    REQUIRE_FALSE(limiter.admit("fresh", {1, 0}, kNone, riposte::boot_time_of(kStart + 200'000), 0, 0));
    CHECK(limiter.remembered() == 1);
}
