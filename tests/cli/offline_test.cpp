// SPDX-License-Identifier: Apache-2.0
// Undoing while the service is stopped.
#include "tests/cli/service_fixture.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;

namespace {

// Two blocks in force, and the service stopped.
void leave_two_in_force(const Place& place) {
    place.add_block();
    place.write(place.config(), block_config());
    const RunningService service(place);
    REQUIRE(type(place, {"run", "block", "--srcip", "203.0.113.7", "--timeout", "600", "--no-follow"}).code == kDone);
    REQUIRE(type(place, {"run", "block", "--srcip", "203.0.113.8", "--timeout", "600", "--no-follow"}).code == kDone);
    REQUIRE(test::wait_until([&] { return place.acts().size() == 2; }));
}

std::size_t still_in_force(const Place& place) {
    return type(place, {"pending", "--json"}).json().as_array().size();
}

}  // namespace

TEST_CASE("without a service everything is undone offline, and nothing runs afterwards") {
    const Place place;
    leave_two_in_force(place);
    REQUIRE(still_in_force(place) == 2);
    const Typed undone = type(place, {"undo", "--all", "--offline"});
    CHECK_MESSAGE(undone.code == kDone, undone.err);
    CHECK(undone.out.find("2 undone") != std::string::npos);
    CHECK(place.acts().size() == 4);
    CHECK(still_in_force(place) == 0);
    CHECK(type(place, {"status"}).code == kNoService);
    // Again: there is nothing left to do, which is no failure.
    const Typed again = type(place, {"undo", "--all", "--offline"});
    CHECK(again.code == kDone);
    CHECK(again.out == "nothing is in force\n");
}

TEST_CASE("a configuration that has errors does not stand in the way of undoing") {
    const Place place;
    leave_two_in_force(place);
    place.write(place.config(), "<ossec_config><command>");
    const Typed undone = type(place, {"undo", "--all", "--offline"});
    CHECK_MESSAGE(undone.code == kDone, undone.err);
    CHECK(place.acts().size() == 4);
    CHECK(still_in_force(place) == 0);
}

TEST_CASE("what cannot be undone offline is said, and stays in the ledger") {
    const Place place;
    leave_two_in_force(place);
    fs::remove(bin_directory(place.home()) / test::program("block"));
    const Typed undone = type(place, {"undo", "--all", "--offline"});
    CHECK(undone.code == kFailed);
    CHECK(undone.out.find("2 failed") != std::string::npos);
    CHECK(still_in_force(place) == 2);
}

TEST_CASE("a ledger that cannot be opened is named with the reason") {
    const Place place;
    place.write(place.config(), block_config());
    test::create_private_directory(place.state());
    fs::create_directory(place.state() / "ledger.db");
    const std::string reason =
        (place.state() / "ledger.db").string() + ": " + std::make_error_code(std::errc::is_a_directory).message();
    const Typed pending = type(place, {"pending"});
    CHECK(pending.code == kNoService);
    CHECK(pending.err.find("the ledger cannot be read either: read the ledger " + reason) != std::string::npos);
    const Typed undone = type(place, {"undo", "--all", "--offline"});
    CHECK(undone.code == kFailed);
    CHECK(undone.err.find("open the ledger " + reason) != std::string::npos);
}

TEST_CASE("beside a service that runs it is refused: the service would do it") {
    const Place place;
    place.add_block();
    place.write(place.config(), block_config());
    const RunningService service(place);
    const Typed refused = type(place, {"undo", "--all", "--offline"});
    CHECK(refused.code == kFailed);
    CHECK(refused.err.find("stop it first") != std::string::npos);
    CHECK(type(place, {"undo", "--all", "--offline", "--no-wait"}).code == kBadUsage);
    CHECK(type(place, {"undo", "--all"}).code == kDone);
}
