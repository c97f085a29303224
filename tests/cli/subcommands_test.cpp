// SPDX-License-Identifier: Apache-2.0
// Subcommands as a person types them, against a whole service or against none.
#include "src/cli/subcommands.h"

#include "platform/include/utf8_path.h"
#include "tests/cli/service_fixture.h"
#include "tests/support/text.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

namespace {

struct BlockingPlace {
    BlockingPlace() {
        place.add_block();
        place.write(place.config(),
                    block_config("<active-response><command>block</command><location>local</location><level>7</level>"
                                 "<timeout>600</timeout></active-response>"));
    }
    Place place;
};

std::string alert_of_level(int level) {
    return R"({"rule":{"level":)" + std::to_string(level) +
           R"(,"id":"5712","groups":["sshd"]},"data":{"srcip":"203.0.113.7"}})";
}

}  // namespace

TEST_CASE("without a service each subcommand that needs one says so and ends with 3") {
    const BlockingPlace blocking;
    for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                  {"commands"},
                                                  {"reload"},
                                                  {"undo", "1"},
                                                  {"extend", "1", "5m"},
                                                  {"abandon", "1"},
                                                  {"forget", "--all"},
                                                  {"run", "block", "--srcip", "203.0.113.7"},
                                                  {"history", "--follow"},
                                                  {"pending"}}) {
        CAPTURE(words.front());
        const Typed typed = type(blocking.place, words);
        CHECK(typed.code == kNoService);
        CHECK(typed.out.empty());
        CHECK(contains(typed.err, "the service is not running"));
    }
}

TEST_CASE("what makes no sense ends with 2 before anything is asked") {
    const BlockingPlace blocking;
    for (const std::vector<std::string>& words : {std::vector<std::string>{"undo"},
                                                  {"undo", "x"},
                                                  {"undo", "1", "--all"},
                                                  {"extend", "1"},
                                                  {"extend", "1", "soon"},
                                                  {"extend", "x", "5m"},
                                                  {"abandon"},
                                                  {"abandon", "x"},
                                                  {"forget"},
                                                  {"forget", "a", "--all"},
                                                  {"history", "--limit", "x"},
                                                  {"history", "--since", "x"},
                                                  {"run"},
                                                  {"run", "block", "--timeout", "x"},
                                                  {"run", "block", "--dialect", "x"},
                                                  {"serve", "--log-level", "loud"},
                                                  {"service"},
                                                  {"service", "pause"},
                                                  {"send", "/nonexistent"}}) {
        CAPTURE(words.front());
        const Typed typed = type(blocking.place, words);
        CHECK(typed.code == kBadUsage);
        CHECK(typed.err.starts_with("riposte: "));
    }
}

TEST_CASE("check lists every finding and sums up") {
    const BlockingPlace blocking;
    Typed typed = type(blocking.place, {"check"});
    CHECK(typed.code == kDone);
    CHECK(contains(typed.out, "1 command, 1 active response; 0 errors"));
    const auto bad = blocking.place.write(blocking.place.file("\xe6\xbc\xa2 bad.conf"),
                                          "<ossec_config>\n<command><name>a</name></command>\n"
                                          "<command><executable>b</executable></command>\n</ossec_config>\n");
    typed = type(blocking.place, {"check", bad.string()});
    CHECK(typed.code == kFailed);
    CHECK(contains(typed.out, "bad.conf:2: error"));
    CHECK(contains(typed.out, "bad.conf:3: error"));
    typed = type(blocking.place, {"check", bad.string(), "--json"});
    CHECK(typed.code == kFailed);
    const auto json = typed.json().as_object();
    CHECK(number_of(json, "errors") >= 2);
    CHECK(json.at("diagnostics").as_array().size() >= 2);
    CHECK(type(blocking.place, {"check", "/nonexistent.conf"}).code == kFailed);
}

TEST_CASE("a dry run shows what would be run, told and undone, and runs nothing") {
    const BlockingPlace blocking;
    Typed typed = type(blocking.place, {"run", "block", "--srcip", "203.0.113.7", "--timeout", "10m", "--dry-run"});
    CHECK(typed.code == kDone);
    for (const char* part : {"block600 would run", "(trusted)", "wazuh4", "\"command\":\"add\"",
                             "\"command\":\"delete\"", "after 10m 00s", "203.0.113.7"}) {
        CAPTURE(std::string(part));
        CHECK(contains(typed.out, part));
    }
    typed = type(blocking.place,
                 {"run", "block600", "--srcip", "203.0.113.7", "--dry-run", "--json", "--dialect", "wazuh5"});
    const auto plan = typed.json().as_array().at(0).as_object();
    CHECK(flag_of(plan, "would_run"));
    CHECK(number_of(plan, "timeout_s") == 600);
    CHECK(contains(text_of(plan.at("apply").as_object(), "stdin"), "\"enable\""));
    CHECK(contains(text_of(plan.at("reverse").as_object(), "stdin"), "\"disable\""));
    CHECK_FALSE(fs::exists(blocking.place.file("acts")));
}

TEST_CASE("a dry run of what would be refused says why and ends with 4") {
    const BlockingPlace blocking;
    struct Case {
        std::vector<std::string> words;
        const char* reason;
    };
    for (const Case& one :
         {Case{{"run", "nosuch"}, "unknown"}, Case{{"run", "block600", "--srcip", "127.0.0.1"}, "protected"},
          Case{{"run", "!" + test::program("nosuch")}, "missing"},
          Case{{"run", "block600", "--srcip", "no address"}, "malformed"}}) {
        CAPTURE(std::string(one.reason));
        std::vector<std::string> words = one.words;
        words.emplace_back("--dry-run");
        const Typed typed = type(blocking.place, words);
        CHECK(typed.code == kRefused);
        CHECK(contains(typed.out, "would be refused (" + std::string(one.reason) + ")"));
    }
}

TEST_CASE("an alert decides as a manager would, and a response that stays out says why") {
    const BlockingPlace blocking;
    Typed typed = type(blocking.place, {"run", "--alert", "-", "--dry-run"}, alert_of_level(10));
    CHECK(typed.code == kDone);
    CHECK(contains(typed.out, "block600 would run"));
    typed = type(blocking.place, {"run", "--alert", "-", "--dry-run"}, alert_of_level(3));
    CHECK(typed.code == kRefused);
    CHECK(contains(typed.err, "block600"));
    CHECK(contains(typed.err, "level 7 or more; the alert has level 3, rule 5712"));
    CHECK(type(blocking.place, {"run", "--alert", "-", "--dry-run"}, "no json").code == kFailed);
}

TEST_CASE("names need not be ASCII, from the home and the executable to what it is asked and told") {
    const Place place("h\u00f6m\u00e9-\u6f22");
    const std::string block = "bl\u00f6ck-\u6f22";
    const std::string stock = "st\u00f6ck";
    place.add_program(
        block, "read-line keys-from-srcip read-answer act " + (place.home() / utf8_path("\u00e4cts-\u6f22")).string());
    test::copy_program(bin_directory(place.home()), stock, FAKE_STOCK_RESPONSE);
    const auto command = [](const std::string& name, const std::string& program) {
        return "<command><name>" + name + "</name><executable>" + test::program(program) +
               "</executable><timeout_allowed>yes</timeout_allowed></command>" + "<active-response><command>" + name +
               "</command><location>local</location><level>7</level><timeout>600</timeout></active-response>";
    };
    place.write(place.config(),
                "<ossec_config>" + command("block", block) + command("stock", stock) + "</ossec_config>\n");
    CHECK(type(place, {"check"}).code == kDone);
    const RunningService service(place);
    REQUIRE(type(place, {"run", "block", "--srcip", "203.0.113.7", "--timeout", "1"}).code == kDone);
    const std::string acts = place.read(place.home() / utf8_path("\u00e4cts-\u6f22"));
    CHECK(acts.starts_with("add 203.0.113.7 "));
    CHECK(contains(acts, "\ndelete 203.0.113.7 "));
    CHECK(contains(place.read(response_log_path(place.home())), block));

    // `commands` runs the stock executable's --check and prints both names and the answer unchanged.
    place.write(place.home() / "not-here", "h\u00e9 is out");
    const Typed typed = type(place, {"commands", "--json"});
    CHECK(typed.code == kDone);
    for (const std::string& part : {block, stock, std::string("h\u00e9 is out")}) {
        CAPTURE(part);
        CHECK(contains(typed.out, part));
    }
    CHECK_FALSE(contains(typed.out, "cannot"));
}

TEST_CASE("run tells the story to its end and its exit code says how it went") {
    const BlockingPlace blocking;
    blocking.place.add_program("bad", "read-all exit 3");
    const RunningService service(blocking.place);
    Typed typed = type(blocking.place, {"run", "block", "--srcip", "203.0.113.7", "--timeout", "1"});
    CHECK(typed.code == kDone);
    for (const char* part :
         {"received through control", "it acts on 203.0.113.7", "in force for 203.0.113.7 until", "undone"}) {
        CAPTURE(std::string(part));
        CHECK(contains(typed.out, part));
    }
    typed = type(blocking.place, {"run", "!" + test::program("bad")});
    CHECK(typed.code == kFailed);
    CHECK(contains(typed.out, "exit code 3"));
    typed = type(blocking.place, {"run", "block600", "--srcip", "127.0.0.1"});
    CHECK(typed.code == kRefused);
    CHECK(contains(typed.out, "refused (protected)"));
    typed = type(blocking.place, {"run", "block600", "--srcip", "203.0.113.8", "--no-follow", "--json"});
    CHECK(typed.code == kDone);
    CHECK(typed.json().as_array().size() == 1);
}

TEST_CASE("send takes files, standard input and lines") {
    const BlockingPlace blocking;
    const RunningService service(blocking.place);
    const std::string one = "block600 - 203.0.113.1 - -";
    Typed typed = type(blocking.place, {"send"}, one);
    CHECK(typed.code == kDone);
    CHECK(contains(typed.out, "recorded"));
    const auto file = blocking.place.write(blocking.place.file("tw\xc3\xb6 \xe6\xbc\xa2"),
                                           "block600 - 203.0.113.2 - -\n\nnonsense\n");
    typed = type(blocking.place, {"send", "--lines", file.string()});
    CHECK(typed.code == kRefused);
    CHECK(contains(typed.out, "refused ("));
    CHECK(type(blocking.place, {"send"}, "").code == kRefused);
    CHECK(type(blocking.place, {"send"}, std::string(65'537, 'x')).code == kBadUsage);
    CHECK(type(blocking.place, {"send"}, "block600 \xff").code == kBadUsage);
}

TEST_CASE("pending, extend, undo and history work on what is in force, and pending without a service too") {
    const BlockingPlace blocking;
    std::string id;
    {
        const RunningService service(blocking.place);
        REQUIRE(type(blocking.place, {"run", "block600", "--srcip", "203.0.113.7", "--no-follow"}).code == kDone);
        REQUIRE(test::wait_until([&] { return contains(type(blocking.place, {"pending"}).out, "armed"); }));
        Typed typed = type(blocking.place, {"pending", "--json", "--target", "203.0.113.7"});
        REQUIRE(typed.json().as_array().size() == 1);
        id = std::to_string(number_of(typed.json().as_array()[0].as_object(), "id"));
        CHECK(type(blocking.place, {"pending", "--target", "203.0.113.8"}).out == "nothing is in force\n");
        typed = type(blocking.place, {"extend", id, "-5m"});
        CHECK(typed.code == kDone);
        CHECK(contains(typed.out, "action " + id + ": in force until"));
        CHECK(type(blocking.place, {"extend", "999999", "5m"}).code == kRefused);
        CHECK(type(blocking.place, {"undo", "999999"}).code == kRefused);
        CHECK(contains(type(blocking.place, {"status"}).out, "in force       1, the next is undone in"));
        CHECK(contains(type(blocking.place, {"commands"}).out, "block600"));
        CHECK(contains(type(blocking.place, {"reload"}).out, "was reloaded"));
        CHECK(contains(type(blocking.place, {"forget", "203.0.113.7"}).out, "forgotten"));
    }
    Typed offline = type(blocking.place, {"pending"});
    CHECK(offline.code == kDone);
    CHECK(contains(offline.out, "203.0.113.7"));
    CHECK(contains(offline.err, "no service runs"));
    offline = type(blocking.place, {"history", "--json"});
    CHECK(offline.code == kDone);
    CHECK(offline.json().as_array().size() == 1);
    const RunningService service(blocking.place);
    const Typed typed = type(blocking.place, {"undo", "--target", "203.0.113.7"});
    CHECK(typed.code == kDone);
    CHECK(contains(typed.out, "action " + id + ": undone"));
    CHECK(contains(typed.out, "1 undone"));
    CHECK(blocking.place.acts() == std::vector<std::string>{"add 203.0.113.7", "delete 203.0.113.7"});
    const Typed history = type(blocking.place, {"history", "--since", "1h"});
    CHECK(contains(history.out, "block600"));
    CHECK(contains(history.out, "success"));
}

TEST_CASE("the service starts neither twice for one state directory nor with a configuration that has errors") {
    const BlockingPlace blocking;
    const RunningService service(blocking.place);
    Service second(load_setup(blocking.place.arguments()), true, hooks::clock());
    CHECK_FALSE(second.start().has_value());
    blocking.place.write(blocking.place.config(), "<ossec_config><nonsense/></ossec_config><bad>");
    CHECK(type(blocking.place, {"serve"}).code == kFailed);
}
