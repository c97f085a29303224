// SPDX-License-Identifier: Apache-2.0
#include "src/link/store.h"

#include "src/ledger/sqlite.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace riposte;
using riposte::test::TemporaryDirectory;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;  // seconds

class Place {
  public:
    std::unique_ptr<LinkStore> open() {
        auto opened = LinkStore::open(file(), set_aside_);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().text()));
        return std::move(*opened);
    }
    std::filesystem::path file() const { return directory_ / "link.db"; }
    const std::string& set_aside() const { return set_aside_; }

  private:
    TemporaryDirectory directory_;
    std::string set_aside_;
};

CounterPair next(LinkStore& store) {
    const Result<CounterPair> pair = store.take();
    REQUIRE(pair.has_value());
    return *pair;
}

}  // namespace

TEST_CASE("counters begin at the time, and each run is above all that an earlier one sent") {
    Place place;
    {
        const auto store = place.open();
        REQUIRE(store->begin(wall_time_of(kNow * 1000)).has_value());
        CHECK(next(*store) == CounterPair{kNow, 1});
        CHECK(next(*store) == CounterPair{kNow, 2});
    }
    const auto store = place.open();
    REQUIRE(store->begin(wall_time_of(kNow * 1000 - 1'000'000)).has_value());
    CHECK(next(*store) == CounterPair{kNow + 1, 1});
}

TEST_CASE("what was received is remembered for each manager, and forgotten for all") {
    Place place;
    ReplayCheck seen;
    REQUIRE(seen.accept({7, 7}));
    {
        const auto store = place.open();
        REQUIRE(store->remember_received("m port 1514", seen, nullptr).has_value());
    }
    const auto store = place.open();
    auto read = store->received("m port 1514");
    REQUIRE(read.has_value());
    CHECK_FALSE(read->accept({7, 7}));
    auto other = store->received("n port 1514");
    REQUIRE(other.has_value());
    CHECK(other->accept({7, 7}));
    REQUIRE(store->begin(wall_time_of(kNow * 1000)).has_value());
    REQUIRE(store->forget_received().has_value());
    CHECK_FALSE(store->received("m port 1514")->highest().has_value());
    CHECK(next(*store) == CounterPair{kNow, 1});
}

TEST_CASE("a request is kept with the message that it came in, until it is forgotten") {
    Place place;
    ReplayCheck seen;
    REQUIRE(seen.accept({1, 1}));
    const std::string body("{\"command\":\"x\"}\0\xff", 17);
    {
        const auto store = place.open();
        const KeptRequest request{41, body, wall_time_of(123)};
        REQUIRE(store->remember_received("m", seen, &request).has_value());
        const KeptRequest task{42, "task", wall_time_of(124)};
        CHECK(*store->take_task("one", &task));
        CHECK_FALSE(*store->take_task("one", &task));
        CHECK(*store->take_task("two", nullptr));
    }
    const auto store = place.open();
    const auto kept = store->kept_requests();
    REQUIRE(kept.has_value());
    REQUIRE(kept->size() == 2);
    CHECK((*kept)[0].id == 41);
    CHECK((*kept)[0].body == body);
    CHECK(to_ms((*kept)[0].received) == 123);
    CHECK((*kept)[1].body == "task");
    REQUIRE(store->forget_request(41).has_value());
    CHECK(store->kept_requests()->size() == 1);
    CHECK_FALSE(*store->take_task("two", nullptr));
}

TEST_CASE("results keep their order and their number; beyond the bound the oldest go") {
    Place place;
    auto store = place.open();
    for (std::size_t i = 0; i < LinkStore::kMaxEvents; ++i) REQUIRE(*store->add_event("l", std::to_string(i)) == 0);
    CHECK(*store->add_event("l", "last") == 1);
    CHECK(store->waiting_events() == LinkStore::kMaxEvents);
    const auto first = store->events_after(0, 2);
    REQUIRE(first.has_value());
    REQUIRE(first->size() == 2);
    CHECK((*first)[0].text == "1");
    REQUIRE(store->remove_events_through((*first)[1].id).has_value());
    store.reset();
    store = place.open();
    CHECK(store->waiting_events() == LinkStore::kMaxEvents - 2);
    CHECK((*store->events_after(0, 1))[0].text == "3");
}

TEST_CASE("a damaged store is moved aside and said, one of a later Riposte is left alone") {
    Place place;
    test::write_file(place.file(), std::string(8192, 'x'));
    {
        const auto store = place.open();
        CHECK(store->begin(wall_time_of(kNow * 1000)).has_value());
    }
    CHECK(place.set_aside().find("link.db.damaged-") != std::string::npos);
    CHECK(std::filesystem::exists(place.set_aside()));
    // SQLite keeps user_version in bytes 60 to 63 of the file.
    std::string bytes = test::read_file(place.file());
    REQUIRE(bytes.size() > 64);
    bytes[63] = 9;
    test::write_file(place.file(), bytes);
    std::string set_aside;
    const auto later = LinkStore::open(place.file(), set_aside);
    REQUIRE_FALSE(later.has_value());
    CHECK(later.error().text().find("schema version 9") != std::string::npos);
    CHECK(set_aside.empty());
}

TEST_CASE("a directory in the store's place is told as one, and is left alone") {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory / "link.db");
    std::string set_aside;
    const auto opened = LinkStore::open(directory / "link.db", set_aside);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == std::errc::is_a_directory);
    CHECK(opened.error().what == "open " + (directory / "link.db").string());
    CHECK(set_aside.empty());
    CHECK(std::filesystem::is_directory(directory / "link.db"));
}

TEST_CASE("a store of each earlier schema is brought up to date") {
    const KeptRequest new_request{22, "new", wall_time_of(124)};
    Place fresh;
    static_cast<void>(fresh.open());
    const std::int64_t current =
        sqlite::Connection(fresh.file(), sqlite::Connection::Mode::ReadOnly).integer("PRAGMA user_version");
    for (std::int64_t version = 1; version <= current; ++version) {
        CAPTURE(version);
        // A new version comes with a store that it wrote, which holds the same.
        const auto stored =
            std::filesystem::path(RIPOSTE_TEST_DATA) / "link/schemas" / (std::to_string(version) + ".sql");
        REQUIRE(std::filesystem::exists(stored));
        Place place;
        sqlite::Connection(place.file(), sqlite::Connection::Mode::ReadWrite).execute(test::read_file(stored).c_str());
        const auto store = place.open();
        CHECK(place.set_aside().empty());
        REQUIRE(store->begin(wall_time_of(kNow * 1000 - 1'000'000)).has_value());
        CHECK(next(*store) == CounterPair{kNow + 1, 1});
        auto seen = store->received("manager");
        REQUIRE(seen.has_value());
        CHECK_FALSE(seen->accept({5, 9}));
        const auto kept = store->kept_requests();
        REQUIRE(kept.has_value());
        // Version 1 kept none.
        REQUIRE(kept->size() == (version == 1 ? 0 : 1));
        if (!kept->empty()) CHECK(kept->front().id == 21);
        CHECK(store->remember_received("manager", *seen, &new_request).has_value());
        const auto taken = store->take_task("task-1", nullptr);
        REQUIRE(taken.has_value());
        CHECK_FALSE(*taken);
        const auto events = store->events_after(0, 10);
        REQUIRE(events.has_value());
        REQUIRE(events->size() == 1);
        CHECK(events->front().text == "a result");
    }
}
