// SPDX-License-Identifier: Apache-2.0
#include "src/link/targets.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using Why = SessionEnd::Why;

namespace {

ManagerSettings settings_of(const std::string& kind, std::vector<ManagerSettings::Server> servers) {
    ManagerSettings settings;
    settings.kind = kind;
    settings.servers = std::move(servers);
    return settings;
}

}  // namespace

TEST_CASE("each server is tried in the ways that its protocol, or the manager's kind, allows") {
    struct Case {
        std::string kind;
        ManagerSettings::Server server;
        std::vector<std::string> targets;
    };
    for (const Case& one :
         {Case{"wazuh4", {"m", 0, ""}, {"m port 1514/tcp"}}, Case{"wazuh4", {"m", 7, "udp"}, {"m port 7/udp"}},
          Case{"wazuh5", {"m", 0, ""}, {"m port 1517/https", "m port 1514/tcp"}},
          Case{"wazuh5", {"m", 9, ""}, {"m port 1517/https", "m port 9/tcp"}},
          Case{"wazuh5", {"m", 9, "https"}, {"m port 9/https"}}, Case{"ossec", {"m", 0, ""}, {"m port 1514/udp"}},
          Case{"auto", {"m", 0, ""}, {"m port 1517/https", "m port 1514/tcp", "m port 1514/udp"}}}) {
        CAPTURE(one.kind);
        std::vector<std::string> found;
        for (const Target& target : make_targets(settings_of(one.kind, {one.server}))) found.push_back(target.text());
        CHECK(found == one.targets);
    }
    CHECK(make_targets(settings_of("wazuh4", {{"a", 0, ""}, {"b", 0, ""}})).size() == 2);
}

TEST_CASE("a version that is refused is lowered, but never below what a Wazuh 5 manager needs") {
    const ManagerSettings settings = settings_of("auto", {{"m", 0, "tcp"}});
    const Target target = make_targets(settings)[0];
    ProtocolGuess guess(settings, target.carrier);
    CHECK(guess.plan(target, settings).version == "v5.0.0");
    CHECK(guess.plan(target, settings).kind == ManagerKind::Wazuh5);
    CHECK(guess.plan(target, settings).find_out);
    CHECK(guess.learn({Why::Refused, ""}));
    CHECK(guess.plan(target, settings).version == "v4.3.0");
    CHECK(guess.plan(target, settings).kind == ManagerKind::Wazuh4);
    CHECK(guess.learn({Why::Refused, ""}));
    CHECK_FALSE(guess.learn({Why::Refused, ""}));
    CHECK_FALSE(guess.learn({Why::NoWazuh, ""}));
    const ManagerSettings five = settings_of("wazuh5", {{"m", 0, "tcp"}});
    CHECK_FALSE(ProtocolGuess(five, Carrier::Tcp).learn({Why::Refused, ""}));
}

TEST_CASE("over UDP silence means OSSEC, then another cipher, then that nobody is there") {
    const ManagerSettings settings = settings_of("auto", {{"m", 0, "udp"}});
    const Target target = make_targets(settings)[0];
    ProtocolGuess guess(settings, target.carrier);
    CHECK(guess.plan(target, settings).cipher == Cipher::AesWazuh);
    CHECK(guess.learn({Why::NoWazuh, ""}));
    CHECK(guess.plan(target, settings).kind == ManagerKind::Ossec);
    CHECK(guess.plan(target, settings).cipher == Cipher::AesOssec);
    CHECK_FALSE(guess.plan(target, settings).find_out);
    CHECK(guess.learn({Why::Silent, ""}));
    CHECK(guess.plan(target, settings).cipher == Cipher::Blowfish);
    CHECK_FALSE(guess.learn({Why::Silent, ""}));
    CHECK(guess.plan(target, settings).find_out);
    // A session came up as OSSEC, so its loss does not change the guess.
    CHECK(guess.learn({Why::NoWazuh, ""}));
    guess.settle(ManagerKind::Ossec);
    CHECK_FALSE(guess.learn({Why::Lost, ""}));
    CHECK(guess.plan(target, settings).kind == ManagerKind::Ossec);
}
