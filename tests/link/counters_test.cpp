// SPDX-License-Identifier: Apache-2.0
#include "src/link/counters.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;

TEST_CASE("the local counter starts again behind 9997") {
    CHECK(next_counters({0, 0}) == CounterPair{0, 1});
    CHECK(next_counters({5, 9'996}) == CounterPair{5, 9'997});
    CHECK(next_counters({5, 9'997}) == CounterPair{6, 1});
    CHECK(next_counters({5, 9'999}) == CounterPair{6, 1});
    CounterPair pair{7, 0};
    for (int i = 0; i < 50'000; ++i) {
        const CounterPair next = next_counters(pair);
        REQUIRE(next > pair);
        pair = next;
    }
}

TEST_CASE("a pair is kept as text") {
    CHECK(counters_text({12, 345}) == "12:345:");
    const std::pair<std::string, CounterPair> good[] = {
        {"12:345:", {12, 345}},
        {"12:345", {12, 345}},
        {"0:0:\n", {0, 0}},
        {"0000000001:0002: \r\n", {1, 2}},
        {"2147483647:9999:", {2'147'483'647, 9'999}},
    };
    for (const auto& each : good) {
        const auto& text = each.first;
        const auto& pair = each.second;
        CAPTURE(text);
        CHECK(parse_counters(text) == pair);
    }
    for (const std::string text : {"", ":", "12", "12:", ":345:", "a:1:", "1:b:", "-1:1:", "1:-1:", " 1:1:", "1: 1:",
                                   "1:1:x", "1:1::", "2147483648:1:", "1:10000:", "99999999999:1:", "1:1:\n2:2:"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_counters(text).has_value());
    }
}

TEST_CASE("without a stored pair the time is the global counter") {
    CHECK(counters_from_time(WallTime(std::chrono::seconds(1'795'487'140))) == CounterPair{1'795'487'140, 0});
    CHECK(counters_from_time(WallTime(std::chrono::seconds(-5))) == CounterPair{0, 0});
    CHECK(counters_from_time(WallTime(std::chrono::seconds(99'999'999'999))) == CounterPair{2'147'483'647, 0});
    CHECK(
        parse_counters(counters_text(counters_from_time(WallTime(std::chrono::seconds(99'999'999'999))))).has_value());
}

TEST_CASE("a pair that is not above all before it is a replay") {
    ReplayCheck check;
    CHECK_FALSE(check.highest().has_value());
    CHECK(check.save().empty());
    CHECK(check.accept({0, 1}));
    CHECK_FALSE(check.accept({0, 1}));
    CHECK(check.accept({0, 17}));
    // Overtaken on the way, each once.
    CHECK(check.accept({0, 16}));
    CHECK_FALSE(check.accept({0, 16}));
    CHECK_FALSE(check.accept({0, 1}));
    CHECK(check.accept({3, 1}));
    CHECK_FALSE(check.accept({2, 9'700}));
    CHECK(check.accept({2, 9'990}));
    CHECK(check.highest() == CounterPair{3, 1});
    auto restored = ReplayCheck::restore(check.save());
    REQUIRE(restored);
    CHECK_FALSE(restored->accept({3, 1}));
    CHECK_FALSE(restored->accept({2, 9'990}));
    CHECK(restored->accept({2, 9'991}));
    CHECK(restored->accept({3, 2}));
    CHECK(restored->accept({3, 2 + ReplayCheck::kWindow}));
    CHECK_FALSE(restored->accept({3, 2}));
    CHECK(restored->accept({3, 3}));
    for (const std::string& text : {std::string(), std::string("3:1:"), "3:1:" + std::string(256, '2'),
                                    "x" + std::string(256, '1'), std::string(255, '1')}) {
        CAPTURE(text);
        CHECK_FALSE(ReplayCheck::restore(text).has_value());
    }
}
