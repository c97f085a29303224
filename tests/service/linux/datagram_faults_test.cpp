// SPDX-License-Identifier: Apache-2.0
// Faults that were measured in the runner that agents ship with, in its handling of the agent's datagrams. One test for
// each fault shows that Riposte does not have it.
#include "tests/service/service_fixture.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("5,000 datagrams sent at once with blocking sends are all taken") {
    constexpr int kRequests = 5000;
    Place place;
    place.add("note", "read-line");
    Riposte riposte(place, command("note", "note", false));
    riposte.start();
    Sender sender(place.home(), place.state());
    const std::string message = wazuh4("note0", address(1));
    const std::int64_t before = wall_ms();
    for (int i = 0; i < kRequests; ++i) REQUIRE(sender.send(message));
    MESSAGE(kRequests << " datagrams were taken in " << wall_ms() - before << " ms");
    CHECK(test::wait_until([&] { return riposte.engine_number("received") == kRequests; }));
    CHECK(test::wait_until([&] { return riposte.engine_number("applied") == kRequests; }, 200s));
}

TEST_CASE("a datagram over 65,536 bytes is refused and not logged whole") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    std::string message = wazuh4("block600", address(1));
    message.insert(message.size() - 4, R"(,"full_log":")" + std::string(70'000, 'x') + "\"");
    REQUIRE(sender.send(message));
    REQUIRE(sender.send(wazuh4("block600", address(2))));
    REQUIRE(test::wait_until([&] { return place.count_acts("add") == 1; }));
    CHECK(place.acts()[0].address == address(2));
    REQUIRE(test::wait_until([&] { return place.events("refused").size() == 1; }));
    const auto refused = place.events("refused");
    CHECK(text(refused[0], "reason") == "malformed");
    CHECK(text(refused[0], "text").find(std::to_string(message.size())) != std::string::npos);
    CHECK(fs::file_size(place.state() / "events.jsonl") < 10'000);
    CHECK(place.log().size() < 10'000);
}

TEST_CASE("a zero-length datagram is harmless") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    const std::string before = place.log();
    REQUIRE(sender.send(""));
    REQUIRE(sender.send(wazuh4("block600", address(1))));
    CHECK(test::wait_until([&] { return place.count_acts("add") == 1; }));
    CHECK(number(riposte.status().at("execq").as_object(), "empty") == 1);
    CHECK(riposte.engine_number("received") == 1);
    CHECK(place.events("refused").empty());
    CHECK(place.log() == before);
}
