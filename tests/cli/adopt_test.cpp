// SPDX-License-Identifier: Apache-2.0
// Taking over from a stock agent's tree and giving it back.
#include "platform/include/agent_takeover.h"
#include "tests/cli/service_fixture.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

namespace {

struct BesideAgent {
    BesideAgent() {
        fs::create_directories(units());
        fs::create_directories(config().parent_path());
        place.write(config(), stock);
    }
    fs::path units() const { return place.file("units"); }
    fs::path drop_in() const { return units() / "riposte.socket.d/agent.conf"; }
    fs::path config() const { return agent_config_path(place.home()); }
    Typed adopt() const { return type(place, {"adopt", "--units", units().string()}); }
    Typed release() const { return type(place, {"release", "--units", units().string()}); }

    Place place;
    std::string stock = test::read_file(fs::path(RIPOSTE_TEST_DATA) / "cli/agent/ossec.conf");
};

}  // namespace

TEST_CASE("where it cannot be done, adopt and release say why and change nothing") {
    const BesideAgent beside;
    if (can_take_over()) return;
    for (const Typed& typed : {beside.adopt(), beside.release()}) {
        CHECK(typed.code == kFailed);
        CHECK(contains(typed.err, "not supported"));
    }
    CHECK(beside.place.read(beside.config()) == beside.stock);
}

TEST_CASE("adopt changes one value of a stock agent's configuration, and release leaves it byte for byte as it was") {
    const BesideAgent beside;
    if (!can_take_over()) return;
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
    if (!can_take_over()) return;
    REQUIRE(beside.adopt().code == kDone);
    const std::string added = "<!-- added later -->\n";
    beside.place.write(beside.config(), added + beside.place.read(beside.config()));
    REQUIRE(beside.release().code == kDone);
    CHECK(beside.place.read(beside.config()) == added + beside.stock);
}

TEST_CASE("release refuses what it cannot take back, and says where the original is") {
    const BesideAgent beside;
    if (!can_take_over()) return;
    REQUIRE(beside.adopt().code == kDone);
    beside.place.write(beside.config(), "<ossec_config></ossec_config>");
    const Typed released = beside.release();
    CHECK(released.code == kFailed);
    CHECK(contains(released.err, "adopted-ossec.conf"));
    CHECK(beside.place.read(beside.config()) == "<ossec_config></ossec_config>");
}

TEST_CASE("without an agent there is nothing to adopt, and one that makes no sense is left alone") {
    const BesideAgent beside;
    if (!can_take_over()) return;
    beside.place.write(beside.config(), "<ossec_config><active-response>");
    CHECK(beside.adopt().code == kFailed);
    CHECK(beside.place.read(beside.config()) == "<ossec_config><active-response>");
    fs::remove(beside.config());
    CHECK(beside.adopt().code == kRefused);
}

TEST_CASE("check and status tell of an agent whose own runner would fight over the request socket") {
    const BesideAgent beside;
    beside.place.write(beside.place.config(), "<ossec_config></ossec_config>\n");
    const RunningService service(beside.place);
    const auto agent = [&] { return type(beside.place, {"status", "--json"}).json().at("agent"); };
    const std::string warning = "leaves active response to the agent's own runner";
    if (!can_take_over()) {
        CHECK(agent().is_null());
        CHECK_FALSE(contains(type(beside.place, {"status"}).out, warning));
        CHECK_FALSE(contains(type(beside.place, {"check"}).out, warning));
        return;
    }
    CHECK(agent().at("fights").as_bool());
    CHECK(contains(type(beside.place, {"status"}).out, warning));
    const Typed checked = type(beside.place, {"check"});
    CHECK(contains(checked.out, warning));
    CHECK(contains(checked.out, "riposte adopt"));
    CHECK(contains(type(beside.place, {"check", "--json"}).out, warning));
    // A file by itself fights with nobody.
    CHECK_FALSE(contains(type(beside.place, {"check", beside.config().string()}).out, warning));

    REQUIRE(beside.adopt().code == kDone);
    CHECK_FALSE(agent().at("fights").as_bool());
    CHECK_FALSE(contains(type(beside.place, {"status"}).out, warning));
    CHECK_FALSE(contains(type(beside.place, {"check"}).out, warning));
}
