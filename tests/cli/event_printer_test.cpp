// SPDX-License-Identifier: Apache-2.0
#include "src/cli/event_printer.h"

#include "tests/cli/service_fixture.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace riposte;

namespace {

constexpr WallTime kToldAt = wall_time_of(1'700'000'000'000);

std::string sentence(const char* event) {
    return EventPrinter::sentence(boost::json::parse(event).as_object(), kToldAt);
}

struct Recorder {
    std::istringstream in;
    std::ostringstream out, err;
    Streams streams{in, out, err, Terminal{}};
    Invocation invocation{streams, {}};
};

}  // namespace

TEST_CASE("each event of an action is one readable sentence") {
    struct Case {
        const char* event;
        const char* says;
    };
    for (
        const Case& one :
        {Case{R"({"event":"received","channel":"execq"})", "received through execq"},
         Case{R"({"event":"refused","reason":"protected","text":"127.0.0.1 is loopback"})",
              "refused (protected): 127.0.0.1 is loopback"},
         Case{R"({"event":"started","executable":"block","verb":"add","pid":12})", "block add started, process 12"},
         Case{R"({"event":"conversed","keys":["a","b"]})", "it acts on a, b"},
         Case{R"({"event":"conversed","keys":[]})", "it acts on nothing that it named"},
         Case{
             R"({"event":"finished","executable":"block","verb":"delete","outcome":"failed","text":"exit code 3","duration_ms":7,"output":"oh\n"})",
             "block delete ended: exit code 3, 7 ms; it wrote: oh"},
         Case{R"({"event":"armed","keys":["a"],"due_wall_ms":1700000010000})", "in force for a until"},
         Case{R"({"event":"extended","by":7,"due_wall_ms":1700000010000})", "asked for again by action 7"},
         Case{R"({"event":"extended","by":"operator","due_wall_ms":1700000010000})", "moved by an operator"},
         Case{R"({"event":"retrying","failures":2,"text":"exit code 1","due_wall_ms":1700000010000})",
              "could not be undone, exit code 1 (failures: 2)"},
         Case{R"({"event":"reversed"})", "undone"}, Case{R"({"event":"merged","into":9})", "taken over by action 9"},
         Case{R"({"event":"something-new","text":"of a later version"})", "something-new: of a later version"}}) {
        CAPTURE(std::string(one.event));
        CHECK(sentence(one.event).find(one.says) != std::string::npos);
    }
}

TEST_CASE("an event with members of the wrong type or none is told all the same") {
    for (const char* event : {R"({"event":5})", R"({})", R"({"event":"armed","keys":5,"due_wall_ms":"x"})",
                              R"({"event":"finished","duration_ms":[]})"}) {
        CAPTURE(event);
        CHECK_NOTHROW(sentence(event));
    }
}

TEST_CASE("output of an executable cannot speak to the terminal") {
    const std::string text = sentence(
        R"({"event":"finished","executable":"x","text":"bad","outcome":"failed","output":"\u001b[2J\nforged line"})");
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("the exit code tells refused from failed from done") {
    struct Case {
        const char* actions;
        int code;
        const char* says;
    };
    for (const Case& one : {Case{R"([{"action":1,"verdict":"run","apply":"success","reverse":"success"}])", kDone,
                                 "action 1: recorded and started"},
                            Case{R"([{"action":1,"verdict":"queued"}])", kDone, "waits for its turn"},
                            Case{R"([{"action":1,"verdict":"run","apply":"already_in_force"}])", kDone, "recorded"},
                            Case{R"([{"action":1,"verdict":"run","apply":"failed","apply_text":"exit code 3"}])",
                                 kFailed, "failed: exit code 3"},
                            Case{R"([{"action":1,"verdict":"run","apply":"deadline"}])", kFailed, "failed"},
                            Case{R"([{"action":1,"verdict":"refused","reason":"unknown","text":"no such name"}])",
                                 kRefused, "refused (unknown): no such name"},
                            Case{R"([{"action":1,"verdict":"run","apply":"failed"},{"action":2,"verdict":"refused"}])",
                                 kRefused, "action 2"}}) {
        CAPTURE(std::string(one.actions));
        Recorder told;
        CHECK(conclude(told.invocation, boost::json::parse(one.actions).as_array(), false) == one.code);
        CHECK(told.out.str().find(one.says) != std::string::npos);
    }
}
