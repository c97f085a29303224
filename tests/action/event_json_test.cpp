// SPDX-License-Identifier: Apache-2.0
#include "src/action/event_json.h"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

using namespace riposte;
using namespace std::chrono_literals;

namespace {

// 2026-01-02T03:04:05.678Z
constexpr WallTime kWhen = wall_time_of(1'767'323'045'678);

Outcome failed() {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Failed;
    outcome.exit_code = 3;
    outcome.duration = 12ms;
    outcome.output = "no\n";
    outcome.output_dropped = 9;
    return outcome;
}

const Due kDue{boot_time_of(1), wall_time_of(2)};

struct Case {
    event::Details details;
    const char* json;  // behind the action
};

}  // namespace

// Operators' scripts, the manager's rules and `riposte history` read these names.
TEST_CASE("every kind of event has its name and its members in the log") {
    const std::vector<Case> cases{
        {event::Received{"link", 12}, R"("event":"received","action":7,"channel":"link","bytes":12)"},
        {event::Refused{{RefusalReason::AdHocOff, "why"}, "link", "bytes"},
         R"("event":"refused","action":7,"reason":"ad_hoc_off","text":"why","channel":"link","message":"bytes")"},
        {event::Refused{{RefusalReason::Ledger, "why"}, "execq", ""},
         R"("event":"refused","action":7,"reason":"ledger","text":"why","channel":"execq")"},
        {event::Limited{{RefusalReason::Rate, "why"}, 4},
         R"("event":"limited","action":7,"reason":"rate","text":"why","unreported":4)"},
        {event::DryRun{"drop", "drop.sh", {"drop.sh", "add"}, "{}", std::chrono::seconds(600)},
         R"("event":"finished","action":7,"command":"drop","executable":"drop.sh","outcome":"dry_run","argv":["drop.sh","add"],"line":"{}","timeout_s":600)"},
        {event::Queued{"drop"}, R"("event":"queued","action":7,"command":"drop")"},
        {event::Started{"drop", "drop.sh", Verb::Reverse, 42},
         R"("event":"started","action":7,"command":"drop","executable":"drop.sh","verb":"delete","pid":42)"},
        {event::Told{}, R"("event":"told","action":7)"},
        {event::Conversed{{"a", "b"}}, R"("event":"conversed","action":7,"keys":["a","b"])"},
        {event::Finished{"drop", "drop.sh", Verb::Apply, failed()},
         R"("event":"finished","action":7,"command":"drop","executable":"drop.sh","verb":"add","outcome":"failed","text":"exit code 3","duration_ms":12,"exit_code":3,"output":"no\\x0a","output_dropped":9)"},
        {event::Finished{"drop", "drop.sh", Verb::Apply, {}},
         R"("event":"finished","action":7,"command":"drop","executable":"drop.sh","verb":"add","outcome":"success","text":"success","duration_ms":0)"},
        {event::Armed{kDue, {"a"}}, R"("event":"armed","action":7,"due_wall_ms":2,"keys":["a"])"},
        {event::Merged{8}, R"("event":"merged","action":7,"into":8)"},
        {event::Extended{std::nullopt, kDue}, R"("event":"extended","action":7,"by":"operator","due_wall_ms":2)"},
        {event::Extended{8, kDue}, R"("event":"extended","action":7,"by":8,"due_wall_ms":2)"},
        {event::Drifted{}, R"("event":"drifted","action":7)"},
        {event::Reapplied{failed()}, R"("event":"reapplied","action":7,"outcome":"failed","text":"exit code 3")"},
        {event::Reversing{"drop", "drop.sh"},
         R"("event":"reversing","action":7,"command":"drop","executable":"drop.sh")"},
        {event::Reversed{"drop"}, R"("event":"reversed","action":7,"command":"drop")"},
        {event::Retrying{2, failed(), kDue},
         R"("event":"retrying","action":7,"failures":2,"text":"exit code 3","due_wall_ms":2)"},
        {event::Abandoned{}, R"("event":"abandoned","action":7,"by":"operator")"},
        {event::Lost{"drop", true}, R"("event":"lost","action":7,"command":"drop","stateful":true)"},
        {event::Stale{"drop", "old"}, R"("event":"stale","action":7,"command":"drop","text":"old")"},
        {event::Unrecorded{"full"}, R"("event":"ledger","action":7,"text":"full")"},
        {event::LedgerMigrated{2}, R"("event":"ledger","action":7,"text":"migrated","from":2)"},
        {event::LedgerSetAside{"/x", 3, 1},
         R"("event":"ledger","action":7,"text":"damaged","set_aside":"/x","carried_over":3,"lost":1)"},
        {event::ConfigReloaded{false, {{Diagnostic::Severity::Warning, "r.conf", 3, "odd"}}},
         R"("event":"config","action":7,"reloaded":false,"diagnostics":[{"severity":"warning","file":"r.conf","line":3,"message":"odd"}])"},
        {event::ArConfTaken{"/ar.conf", 9},
         R"("event":"config","action":7,"text":"ar.conf","file":"/ar.conf","bytes":9)"},
        {event::LinkChanged{"connected", "m:1514", "wazuh4", ""},
         R"("event":"link","action":7,"state":"connected","manager":"m:1514","kind":"wazuh4")"},
        {event::LinkChanged{"waiting", "", "", "down"}, R"("event":"link","action":7,"state":"waiting","text":"down")"},
        {event::ServiceStarted{"1.0", 42, "/home"},
         R"("event":"service","action":7,"state":"started","version":"1.0","pid":42,"home":"/home")"},
        {event::ServiceStopped{"1.0", 42, 3},
         R"("event":"service","action":7,"state":"stopped","version":"1.0","pid":42,"in_force":3)"},
    };
    std::vector<bool> seen(std::variant_size_v<event::Details>);
    for (const Case& one : cases) {
        CHECK(boost::json::serialize(event_json({7, one.details, kWhen})) ==
              R"({"time":"2026-01-02T03:04:05.678Z",)" + std::string(one.json) + "}");
        seen[one.details.index()] = true;
    }
    for (std::size_t kind = 0; kind < seen.size(); ++kind) {
        CAPTURE(kind);
        CHECK(seen[kind]);
    }
}

TEST_CASE("an event of the service has no action") {
    CHECK(boost::json::serialize(event_json({0, event::Drifted{}, kWhen})) ==
          R"({"time":"2026-01-02T03:04:05.678Z","event":"drifted"})");
}
