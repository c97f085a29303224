// SPDX-License-Identifier: Apache-2.0
#include "src/link/result_text.h"

#include "src/action/event_json.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace riposte;

namespace {

// 2011-05-07 03:15:27 UTC
constexpr WallTime kWhen = wall_time_of(1'304'738'127'000);

Action action() {
    Action made;
    made.id = 7;
    made.executable = "host-deny.sh";
    made.srcip = "172.16.0.1";
    made.alert_id = "1304756247.60385";
    made.rule_id = "31151";
    return made;
}

}  // namespace

TEST_CASE("OSSEC is told in the form of its own executables, and only of what was let act") {
    Outcome outcome;
    CHECK(result_line(ManagerKind::Ossec, action(), Verb::Apply, outcome, kWhen) ==
          "Sat May  7 03:15:27 UTC 2011 /var/ossec/active-response/bin/host-deny.sh add - 172.16.0.1 "
          "1304756247.60385 31151");
    Action hostile = action();
    hostile.user = "a b\nc";
    hostile.srcip.clear();
    const auto line = result_line(ManagerKind::Ossec, hostile, Verb::Reverse, outcome, kWhen);
    REQUIRE(line);
    CHECK(line->ends_with("host-deny.sh delete a_b_c - 1304756247.60385 31151"));
    outcome.kind = Outcome::Kind::NotStarted;
    CHECK_FALSE(result_line(ManagerKind::Ossec, action(), Verb::Apply, outcome, kWhen).has_value());
}

TEST_CASE("Wazuh is told in one line of its stock decoder's form") {
    const auto line = result_line(ManagerKind::Wazuh4, action(), Verb::Apply, {}, kWhen);
    REQUIRE(line);
    CHECK(line->find("active-response/bin/host-deny.sh: {") != std::string::npos);
    CHECK(line->find('\n') == std::string::npos);
}

TEST_CASE("events that change something are told whole, or without what makes them too long") {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Failed;
    outcome.exit_code = 3;
    // Each byte that cannot be shown takes several in the line.
    outcome.output = std::string(100, '\xff');
    const Event event{7, event::Finished{"drop", "drop.sh", Verb::Apply, outcome}, kWhen};
    const auto whole = event_line(event, 10'000);
    REQUIRE(whole);
    CHECK(boost::json::parse(*whole).at("riposte").as_object() == event_json(event));
    const auto shorter = event_line(event, whole->size() - 1);
    REQUIRE(shorter);
    CHECK_FALSE(boost::json::parse(*shorter).at("riposte").as_object().contains("output"));
    CHECK(boost::json::parse(*shorter).at("riposte").at("text") == "exit code 3");
    CHECK_FALSE(event_line(event, 10).has_value());
    CHECK_FALSE(event_line({7, event::Queued{"drop"}, kWhen}, 1000).has_value());
    CHECK_FALSE(event_line({0, event::ServiceStarted{}, kWhen}, 1000).has_value());
}
