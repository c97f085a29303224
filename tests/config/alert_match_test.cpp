// SPDX-License-Identifier: Apache-2.0
#include "src/config/alert_match.h"

#include "tests/config/config_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;

namespace {

Document document(const std::string& text) {
    auto parsed = Document::parse(text);
    if (!parsed) FAIL(parsed.error().text());
    return std::move(*parsed);
}

std::string alert(const std::string& level, const std::string& id, const std::string& groups) {
    return R"({"rule":{"level":)" + level + R"(,"id":)" + id + R"(,"groups":)" + groups + "}}";
}

// The names of the responses set off by the alert, with one response of these tags.
bool sets_off(const std::string& tags, const std::string& alert_text) {
    const auto parsed = parse(
        "<ossec_config><command><name>c</name><executable>c</executable></command><active-response>"
        "<command>c</command>" +
        tags + "</active-response></ossec_config>");
    REQUIRE(all_text(parsed.found).empty());
    return !responses_for_alert(parsed.config, document(alert_text)).empty();
}

}  // namespace

TEST_CASE("an alert sets off what a manager would set off") {
    const auto sshd = alert("10", "\"5712\"", R"(["syslog","sshd","authentication_failures"])");
    const struct {
        std::string tags, alert;
        bool expected;
    } cases[] = {
        {"<level>10</level>", sshd, true},
        {"<level>11</level>", sshd, false},
        {"<level>1</level>", alert("0", "\"1\"", "[]"), false},
        {"<rules_id>5712</rules_id>", alert("0", "\"5712\"", "[]"), false},
        {"<rules_id>5710, 5712</rules_id>", sshd, true},
        {"<rules_id>571</rules_id>", sshd, false},
        {"<rules_id>5712</rules_id>", alert("3", "5712", "[]"), true},
        {"<rules_group>sshd</rules_group>", sshd, true},
        {"<rules_group>SSHD</rules_group>", sshd, true},
        {"<rules_group>authentication_fail</rules_group>", sshd, true},
        {"<rules_group>web|authentication_failures</rules_group>", sshd, true},
        {"<rules_group>web|attack</rules_group>", sshd, false},
        {"<rules_group>^syslog</rules_group>", sshd, true},
        {"<rules_group>^sshd</rules_group>", sshd, false},
        {"<rules_group>failures$</rules_group>", sshd, true},
        {"<rules_group>sshd$</rules_group>", sshd, false},
        {"<rules_group>syslog,sshd</rules_group>", sshd, true},
        {"<rules_group>|</rules_group>", sshd, false},
        // Level and group both, or else the rule's number.
        {"<level>10</level><rules_group>sshd</rules_group>", sshd, true},
        {"<level>12</level><rules_group>sshd</rules_group>", sshd, false},
        {"<level>5</level><rules_group>web</rules_group>", sshd, false},
        {"<level>12</level><rules_group>web</rules_group><rules_id>5712</rules_id>", sshd, true},
        {"<level>12</level><rules_id>1</rules_id>", sshd, false},
        {"", sshd, false},
        {"<level>0</level>", sshd, false},
        {"<level>1</level>", R"({"data":{"srcip":"192.0.2.7"}})", false},
        {"<level>1</level>", R"({"rule":{"level":"high"}})", false},
        {"<level>7</level>", R"({"rule":{"level":"7"}})", true},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        CAPTURE(each.alert);
        CHECK(sets_off("<location>local</location>" + each.tags, each.alert) == each.expected);
    }
}

TEST_CASE("only enabled responses that run here are set off, in the file's order") {
    const auto parsed = parse(R"(<ossec_config>
<command><name>c</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></command>
<active-response><command>c</command><location>all</location><level>3</level><timeout>3</timeout></active-response>
<active-response><command>c</command><location>server</location><level>3</level><timeout>4</timeout></active-response>
<active-response><command>c</command><location>defined-agent</location><agent_id>001</agent_id><level>3</level></active-response>
<active-response><disabled>yes</disabled><command>c</command><location>local</location><level>3</level></active-response>
<active-response><repeated_offenders>30</repeated_offenders></active-response>
<active-response><command>c</command><location>local,server</location><level>3</level><timeout>1</timeout></active-response>
</ossec_config>)");
    REQUIRE(all_text(parsed.found).empty());
    const auto responses = responses_for_alert(parsed.config, document(alert("5", "\"1\"", "[]")));
    REQUIRE(responses.size() == 2);
    CHECK(responses[0]->name() == "c3");
    CHECK(responses[1]->name() == "c1");
}
