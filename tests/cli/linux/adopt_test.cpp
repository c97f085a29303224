// SPDX-License-Identifier: Apache-2.0
// Taking over from a stock agent's tree and giving it back.
#include "tests/cli/beside_agent.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

TEST_CASE("adopt changes one value of a stock agent's configuration, and release leaves it byte for byte as it was") {
    const BesideAgent beside;
    const Typed adopted = beside.adopt();
    REQUIRE_MESSAGE(adopted.code == kDone, adopted.err);
    std::string expected = beside.stock;
    const std::string before = "<disabled>no</disabled>\t<!-- keep";
    expected.replace(expected.find(before), before.size(), "<disabled>yes</disabled>\t<!-- keep");
    CHECK(beside.place.read(beside.config()) == expected);
    CHECK(contains(beside.place.read(beside.drop_in()),
                   "ListenDatagram=\nListenDatagram=" + (beside.place.home() / "queue/alerts/execq").string()));
    CHECK(contains(adopted.out, "ossec-control restart"));
    // Once more changes nothing more, and does not take the changed file for the original.
    CHECK(beside.adopt().code == kDone);
    CHECK(beside.place.read(beside.config()) == expected);

    const Typed released = beside.release();
    REQUIRE_MESSAGE(released.code == kDone, released.err);
    CHECK(beside.place.read(beside.config()) == beside.stock);
    CHECK_FALSE(fs::exists(beside.drop_in()));
    CHECK(fs::is_empty(beside.units()));
    CHECK(beside.release().code == kRefused);
}

TEST_CASE("release takes back its own edit alone in a configuration that was changed since") {
    const BesideAgent beside;
    REQUIRE(beside.adopt().code == kDone);
    const std::string added = "<!-- added later -->\n";
    beside.place.write(beside.config(), added + beside.place.read(beside.config()));
    REQUIRE(beside.release().code == kDone);
    CHECK(beside.place.read(beside.config()) == added + beside.stock);
}

TEST_CASE("release refuses what it cannot take back, and says where the original is") {
    const BesideAgent beside;
    REQUIRE(beside.adopt().code == kDone);
    beside.place.write(beside.config(), "<ossec_config></ossec_config>");
    const Typed released = beside.release();
    CHECK(released.code == kFailed);
    CHECK(contains(released.err, "adopted-ossec.conf"));
    CHECK(beside.place.read(beside.config()) == "<ossec_config></ossec_config>");
}

TEST_CASE("without an agent there is nothing to adopt, and one that makes no sense is left alone") {
    const BesideAgent beside;
    beside.place.write(beside.config(), "<ossec_config><active-response>");
    CHECK(beside.adopt().code == kFailed);
    CHECK(beside.place.read(beside.config()) == "<ossec_config><active-response>");
    fs::remove(beside.config());
    CHECK(beside.adopt().code == kRefused);
}
