// SPDX-License-Identifier: Apache-2.0
// The shipped executables that block an address. Wine has neither a firewall nor the calls that change routes, and
// this shows that none of them then says that it blocked anything; what they do to a system that has both is in
// tests/platform/windows, over recorded calls.
#include "platform/windows/sid.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/files.h"
#include "tests/support/requests.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

constexpr int kDone = 0;
constexpr int kBadInput = 2;
constexpr int kNotAvailable = 3;
constexpr int kNotInForce = 4;

// As events of Windows name an address.
std::string event_order(const std::string& verb, const std::string& address) {
    return order(verb, R"({"data":{"win":{"eventdata":{"ipAddress":")" + address + R"("}}}})", "[]",
                 R"(active-response\\bin\\x.exe)");
}

}  // namespace

TEST_CASE("without a firewall, firewall-drop and netsh say that they cannot, and why") {
    if (!is_wine()) return skip("this is no Wine, and the firewall of a real machine is left as it is");
    for (const char* name : {"firewall-drop", "netsh"}) {
        CAPTURE(name);
        const ShippedRun check = run_shipped(name, {"--check"});
        CHECK(check.code == kNotAvailable);
        CHECK(check.output.find("firewall") != std::string::npos);
        for (const char* target : {"192.0.2.7", "2001:db8::7", "192.0.2.0/24"}) {
            CHECK(run_shipped(name, {}, event_order("add", target) + kContinue).code == kNotAvailable);
            CHECK(run_shipped(name, {"add", "-", target}).code == kNotAvailable);
            CHECK(run_shipped(name, {}, event_order("delete", target)).code == kNotAvailable);
            CHECK(run_shipped(name, {"--status", target}).code == kNotAvailable);
        }
    }
}

TEST_CASE("where a route cannot be added, route-null and block-ip do not say that it was") {
    if (!is_wine()) return skip("this is no Wine, and the routes of a real machine are left as they are");
    MESSAGE("Wine 8 has the calls that change routes by name only");
    const TemporaryDirectory directory;
    const std::string state = (directory / "state").string();
    for (const std::vector<std::string>& options : {std::vector<std::string>(), {"--persistent"}}) {
        const auto run = [&](std::vector<std::string> words) {
            words.insert(words.begin(), options.begin(), options.end());
            return run_shipped("route-null", words).code;
        };
        CHECK(run({"--check"}) == kNotAvailable);
        CHECK(run({"add", "-", "192.0.2.7"}) == kNotAvailable);
        CHECK(run({"add", "-", "2001:db8::7"}) == kNotAvailable);
    }
    CHECK(run_shipped("route-null", {"--status", "192.0.2.7"}).code == kNotInForce);
    CHECK(run_shipped("route-null", {"delete", "-", "192.0.2.7"}).code == kDone);
    CHECK(run_shipped("block-ip", {"--check"}).code == kNotAvailable);
    CHECK(run_shipped("block-ip", {"--state", state}, event_order("add", "192.0.2.7") + kContinue).code ==
          kNotAvailable);
    CHECK(run_shipped("block-ip", {"--state", state, "--status", "192.0.2.7"}).code == kNotInForce);
    CHECK(run_shipped("block-ip", {"--state", state}, event_order("delete", "192.0.2.7")).code == kDone);
    CHECK(run_shipped("block-ip", {"--state", state, "--status", "192.0.2.7"}).code == kNotInForce);
}

TEST_CASE("each names its key and acts on nothing when the runner says no, and refuses what is no address") {
    for (const char* name : {"firewall-drop", "netsh", "route-null", "block-ip"}) {
        CAPTURE(name);
        const ShippedRun run = run_shipped(name, {}, event_order("add", "::ffff:192.0.2.7") + kAbort);
        CHECK(run.code == kDone);
        CHECK(run.output.find(R"("keys":["192.0.2.7"])") != std::string::npos);
        for (const char* bad : {"192.0.2.7; calc", "-x", "any", "LocalSubnet", "0.0.0.0/0", "192.0.2.7 MASK"})
            CHECK(run_shipped(name, {"add", "-", bad}).code == kBadInput);
    }
}

TEST_CASE("what Wine has by name only is not available, and nothing else ends the process") {
    if (!is_wine()) return skip("this is no Wine, which lacks what is looked at");
    for (const char* name : {"disable-account", "kill-sessions"}) {
        CAPTURE(name);
        const ShippedRun check = run_shipped(name, {"--check"});
        CHECK(check.code == kNotAvailable);
        CHECK(check.output.size() > 10);
    }
    for (const char* name : {"quarantine-file", "ip-customblock"}) {
        CAPTURE(name);
        CHECK(run_shipped(name, {"--check"}).code == (is_administrator() ? kDone : kNotAvailable));
    }
}
