// SPDX-License-Identifier: Apache-2.0
#include "src/config/duration.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using std::chrono::seconds;

TEST_CASE("a duration is a whole number with or without a unit") {
    const struct {
        const char* text;
        std::int64_t expected;
    } cases[] = {
        {"0", 0}, {"7", 7}, {"60s", 60}, {"5m", 300}, {"2h", 7'200}, {"30d", 2'592'000}, {"36500d", 3'153'600'000}};
    for (const auto& each : cases) {
        CAPTURE(each.text);
        const auto duration = parse_duration(each.text);
        REQUIRE(duration.has_value());
        CHECK(duration->count() == each.expected);
    }
}

TEST_CASE("everything else is no duration") {
    for (const std::string text : {"", "s", "-1", "+1", "1.5h", "1 m", " 1", "5M", "5w", "1h30m", "0x10", "36501d",
                                   "9223372036854775807d", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("a whole number is digits up to its maximum") {
    CHECK(parse_whole_number("65535", 65'535) == 65'535);
    CHECK(parse_whole_number("007", 10) == 7);
    for (const std::string text : {"65536", "-1", "+1", "1e3", "12 ", "", "18446744073709551617"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_whole_number(text, 65'535).has_value());
    }
}

TEST_CASE("a duration is written in its largest whole unit and reads back the same") {
    const struct {
        std::int64_t count;
        const char* expected;
    } cases[] = {{0, "0s"}, {1, "1s"}, {90, "90s"}, {600, "10m"}, {86'400, "1d"}, {90'000, "25h"}};
    for (const auto& each : cases) {
        CHECK(format_duration(seconds(each.count)) == each.expected);
        CHECK(parse_duration(each.expected) == seconds(each.count));
    }
}
