// SPDX-License-Identifier: Apache-2.0
// Messages of the command line about a stock agent beside Riposte.
#include "platform/include/agent_takeover.h"
#include "tests/cli/beside_agent.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

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
