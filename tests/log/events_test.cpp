// SPDX-License-Identifier: Apache-2.0
#include "src/log/events.h"

#include "src/action/event_json.h"
#include "tests/log/log_support.h"
#include "tests/support/skip.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace riposte;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Events> open_events(const fs::path& file, const Clock& clock) {
    auto opened = Events::open(file, clock);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

// The "bytes" member of each line; a line that is no JSON object fails the test.
std::vector<std::int64_t> numbers_in(const fs::path& file) {
    std::vector<std::int64_t> numbers;
    for (const std::string& line : test::lines_of(file)) {
        boost::system::error_code error;
        const boost::json::value value = boost::json::parse(line, error);
        REQUIRE_MESSAGE(!error, line);
        numbers.push_back(value.as_object().at("bytes").as_int64());
    }
    return numbers;
}

void emit_number(Events& events, std::int64_t n, const std::string& filler = {}) {
    events.emit(7, event::ArConfTaken{filler, static_cast<std::size_t>(n)});
}

}  // namespace

TEST_CASE("an event is one line with time, name, action and its own members") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const auto events = open_events(directory / "events.jsonl", clock);
    events->emit(42, event::Refused{{RefusalReason::Rate, "line\nbreak \"quoted\""}, "link", {}});
    events->emit(0, event::Drifted{});
    const auto lines = test::lines_of(directory / "events.jsonl");
    REQUIRE(lines.size() == 2);
    CHECK(
        lines[0] ==
        R"({"time":"2026-01-02T03:04:05.678Z","event":"refused","action":42,"reason":"rate","text":"line\nbreak \"quoted\"","channel":"link"})");
    CHECK(lines[1] == R"({"time":"2026-01-02T03:04:05.678Z","event":"drifted"})");
}

TEST_CASE("bytes that are no UTF-8 do not spoil a line") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const auto events = open_events(directory / "events.jsonl", clock);
    events->emit(1, event::Unrecorded{"a\xff\xfe"
                                      "b"});
    const auto lines = test::lines_of(directory / "events.jsonl");
    REQUIRE(lines.size() == 1);
    boost::system::error_code error;
    CHECK(boost::json::parse(lines[0], error).as_object().at("text").as_string() ==
          "a\xef\xbf\xbd\xef\xbf\xbd"
          "b");
}

TEST_CASE("each event is in the file when emit returns and nobody else may read it") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const auto events = open_events(directory / "events.jsonl", clock);
    for (std::int64_t n = 0; n < 200; ++n) {
        emit_number(*events, n);
        REQUIRE(numbers_in(directory / "events.jsonl").size() == static_cast<std::size_t>(n) + 1);
    }
    test::check_private(directory / "events.jsonl");
}

TEST_CASE("a new start goes on in the same file and starts a line of its own") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "events.jsonl";
    emit_number(*open_events(file, clock), 1);
    test::append_to(file, R"({"time":"broken o)");
    emit_number(*open_events(file, clock), 2);
    const auto lines = test::lines_of(file);
    REQUIRE(lines.size() == 3);
    CHECK(lines[1] == R"({"time":"broken o)");
    CHECK(lines[2].find("\"bytes\":2}") != std::string::npos);
}

TEST_CASE("at ten MiB the file steps aside, five old ones are kept and no event is lost between them") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "events.jsonl";
    const auto events = open_events(file, clock);
    const std::string filler(1024 * 1024, 'x');
    for (std::int64_t n = 0; n < 60; ++n) emit_number(*events, n, filler);

    std::vector<std::int64_t> kept;
    for (const char* suffix : {".5", ".4", ".3", ".2", ".1", ""}) {
        const fs::path part = directory / (std::string("events.jsonl") + suffix);
        CAPTURE(part.string());
        REQUIRE(fs::exists(part));
        CHECK(fs::file_size(part) <= 10u * 1024 * 1024);
        for (const std::int64_t n : numbers_in(part)) kept.push_back(n);
    }
    CHECK_FALSE(fs::exists(directory / "events.jsonl.6"));
    REQUIRE(kept.size() >= 46);
    for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[kept.size() - 1 - i] == 59 - static_cast<std::int64_t>(i));
}

TEST_CASE("a file that cannot step aside goes on to be written") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    test::CapturedLog said;
    const fs::path file = directory / "events.jsonl";
    fs::create_directories(directory / "events.jsonl.5" / "occupied");
    test::append_to(directory / "events.jsonl.4", "old\n");
    const auto events = open_events(file, clock);
    const std::string filler(1024 * 1024, 'x');
    for (std::int64_t n = 0; n < 14; ++n) emit_number(*events, n, filler);
    CHECK(numbers_in(file).size() == 14);
    REQUIRE(said.texts().size() == 1);
    CHECK(said.texts()[0].find("events go on into the same file") != std::string::npos);
}

TEST_CASE("a file that was moved or removed is begun anew within a second or 64 events") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "events.jsonl";
    const auto events = open_events(file, clock);
    emit_number(*events, 0);

    SUBCASE("copied and cut to nothing") {
        fs::resize_file(file, 0);
        clock.boot += 1000;
        emit_number(*events, 1);
        CHECK(numbers_in(file) == std::vector<std::int64_t>{1});
        return;
    }
    if (!test::file_features().moved_in_use) return test::skip_files_in_use();
    SUBCASE("moved, then a second passes") {
        fs::rename(file, directory / "moved");
        emit_number(*events, 1);
        clock.boot += 1000;
        emit_number(*events, 2);
        CHECK(numbers_in(directory / "moved") == std::vector<std::int64_t>{0, 1});
        CHECK(numbers_in(file) == std::vector<std::int64_t>{2});
    }
    SUBCASE("moved, then many events come") {
        fs::rename(file, directory / "moved");
        for (std::int64_t n = 1; n <= 100; ++n) emit_number(*events, n);
        CHECK(numbers_in(directory / "moved").size() + numbers_in(file).size() == 101);
        CHECK(numbers_in(file).size() > 30);
    }
    SUBCASE("replaced by an empty one") {
        fs::rename(file, directory / "moved");
        test::append_to(file, "");
        clock.boot += 1000;
        emit_number(*events, 1);
        CHECK(numbers_in(file) == std::vector<std::int64_t>{1});
    }
    SUBCASE("removed") {
        fs::remove(file);
        clock.boot += 1000;
        emit_number(*events, 1);
        CHECK(numbers_in(file) == std::vector<std::int64_t>{1});
    }
}

TEST_CASE("a file that cannot be written is said once, tried with each event and said when it works again") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    test::CapturedLog said;
    const fs::path file = directory / "events.jsonl";
    const auto events = open_events(file, clock);
    emit_number(*events, 0);
    if (!test::file_features().moved_in_use) return test::skip_files_in_use();
    fs::remove(file);
    fs::create_directory(file);
    clock.boot += 1000;
    for (std::int64_t n = 1; n <= 5; ++n) emit_number(*events, n);
    REQUIRE(said.texts().size() == 1);
    CHECK(said.texts()[0].find("no regular file") != std::string::npos);
    fs::remove(file);
    emit_number(*events, 6);
    CHECK(numbers_in(file) == std::vector<std::int64_t>{6});
    REQUIRE(said.texts().size() == 2);
    CHECK(said.texts()[1].find("5 were lost") != std::string::npos);
}

TEST_CASE("a symbolic link is refused, since events would go wherever it points") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    if (!test::file_features().links) {
        test::skip("the C++ library makes no symbolic links on this system");
        return;
    }
    test::append_to(directory / "target", "");
    fs::create_symlink(directory / "target", directory / "events.jsonl");
    const auto opened = Events::open(directory / "events.jsonl", clock);
    REQUIRE(opened.has_error());
    CHECK(opened.error().text().find("is no regular file: move it away") != std::string::npos);
}

TEST_CASE("a directory that is not there is an error that names the file") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "missing" / "events.jsonl";
    const auto opened = Events::open(file, clock);
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == std::errc::no_such_file_or_directory);
    CHECK(opened.error().text().find("open " + file.string() + ": ") == 0);
}

TEST_CASE("listeners get the whole event until their subscription ends") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const auto events = open_events(directory / "events.jsonl", clock);
    std::vector<std::string> first, second;
    auto one =
        events->subscribe([&](const Event& event) { first.push_back(boost::json::serialize(event_json(event))); });
    const auto two =
        events->subscribe([&](const Event& event) { second.push_back(boost::json::serialize(event_json(event))); });
    emit_number(*events, 1);
    one.reset();
    emit_number(*events, 2);
    CHECK(first.size() == 1);
    CHECK(second == test::lines_of(directory / "events.jsonl"));
}

TEST_CASE("a listener may end its subscription, subscribe others and fail") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    test::CapturedLog said;
    const auto events = open_events(directory / "events.jsonl", clock);
    int once = 0, late = 0, last = 0;
    Events::Subscription self;
    std::vector<Events::Subscription> added;
    self = events->subscribe([&](const Event&) {
        ++once;
        for (int i = 0; i < 20; ++i) added.push_back(events->subscribe([&](const Event&) { ++late; }));
        self.reset();
    });
    const auto failing = events->subscribe([](const Event&) { throw std::runtime_error("no"); });
    const auto counting = events->subscribe([&](const Event&) { ++last; });
    emit_number(*events, 1);
    emit_number(*events, 2);
    CHECK(once == 1);
    CHECK(late == 20);
    CHECK(last == 2);
    CHECK(said.texts().size() == 2);
}

TEST_CASE("a subscription may outlive the event log") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    auto events = open_events(directory / "events.jsonl", clock);
    auto subscription = events->subscribe([](const Event&) {});
    events.reset();
    subscription.reset();
    CHECK(fs::exists(directory / "events.jsonl"));
}

TEST_CASE("what gathers is written together, when its moment has come or at the end") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "events.jsonl";
    std::vector<std::function<void()>> later;
    {
        const auto opened = Events::open(file, clock, [&](std::function<void()> what) { later.push_back(what); });
        REQUIRE(opened.has_value());
        Events& events = **opened;
        int heard = 0;
        const auto subscription = events.subscribe([&](const Event&) { ++heard; });
        emit_number(events, 1);
        emit_number(events, 2);
        CHECK(heard == 2);
        CHECK(numbers_in(file).empty());
        REQUIRE(later.size() == 1);
        later[0]();
        CHECK(numbers_in(file) == std::vector<std::int64_t>{1, 2});
        emit_number(events, 3);
        REQUIRE(later.size() == 2);
    }
    CHECK(numbers_in(file) == std::vector<std::int64_t>{1, 2, 3});
    later[1]();  // after the end of what it was for
    CHECK(numbers_in(file) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("much is written without waiting") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "events.jsonl";
    const auto opened = Events::open(file, clock, [](const std::function<void()>&) {});
    REQUIRE(opened.has_value());
    const std::string text(LineBuffer::kMaxBytes / 4, 'x');
    for (int i = 0; i < 4; ++i) emit_number(**opened, i, text);
    CHECK(test::lines_of(file).size() == 4);
}
