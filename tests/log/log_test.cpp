// SPDX-License-Identifier: Apache-2.0
#include "src/log/log.h"

#include "src/action/text.h"
#include "src/log/format.h"

#include <Poco/Message.h>
#include <Poco/Timestamp.h>
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace riposte;

namespace {

Poco::Message message(const std::string& text, Poco::Message::Priority priority) {
    Poco::Message made("riposte", text, priority);
    made.setTime(Poco::Timestamp(1'767'323'045'678'000));
    return made;
}

}  // namespace

TEST_CASE("a log line has local time, priority and text") {
    const std::string line = format_log_line(message("ledger is full", Poco::Message::PRIO_WARNING));
    CHECK(line == local_time(wall_time_of(1'767'323'045'678), '-') + " warning: ledger is full\n");
}

TEST_CASE("the system's log gets syslog's priorities") {
    const std::vector<std::pair<Poco::Message::Priority, int>> cases{
        {Poco::Message::PRIO_ERROR, 3},       {Poco::Message::PRIO_WARNING, 4}, {Poco::Message::PRIO_NOTICE, 5},
        {Poco::Message::PRIO_INFORMATION, 6}, {Poco::Message::PRIO_DEBUG, 7},   {Poco::Message::PRIO_TRACE, 7}};
    for (const auto& [priority, expected] : cases) CHECK(syslog_priority(message("x", priority)) == expected);
}

TEST_CASE("a logged value can neither begin a line nor speak to the terminal") {
    const Poco::Message hostile =
        message("user a\n<0>forged\r\x1b[2J\x7f\xc2\x9b\xff\xe2\x80\xae end", Poco::Message::PRIO_ERROR);
    const std::string line = format_log_line(hostile);
    CHECK(line.find('\n') == line.size() - 1);
    for (const std::string& shown : {line, format_log_text(hostile)}) {
        for (const char c : {'\r', '\x1b', '\x7f', '\xff', '\x9b'}) CHECK(shown.find(c) == std::string::npos);
        CHECK(shown.find("user a\\x0a<0>forged\\x0d\\x1b[2J") != std::string::npos);
    }
    CHECK(format_log_text(message("caf\xc3\xa9", Poco::Message::PRIO_ERROR)) == "caf\xc3\xa9");
}

TEST_CASE("the level decides what is logged") {
    const int before = log().getLevel();
    start_log("warning");
    CHECK(log().warning());
    CHECK_FALSE(log().information());
    start_log("debug");
    CHECK(log().debug());
    log().setLevel(before);
    log().setChannel(nullptr);
}

TEST_CASE("UTF-8 stays and other bytes are replaced") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", ""},
        {"plain", "plain"},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}};
    for (const auto& [bytes, expected] : cases) CHECK(valid_utf8(bytes) == expected);
}

TEST_CASE("times are written in full") {
    CHECK(utc_time(wall_time_of(1'767'323'045'678)) == "2026-01-02T03:04:05.678Z");
    CHECK(utc_time(wall_time_of(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(utc_time(wall_time_of(1'709'251'199'001)) == "2024-02-29T23:59:59.001Z");
    CHECK(local_time(wall_time_of(1'767'323'045'678), '/').size() == 19);
}
