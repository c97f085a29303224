// SPDX-License-Identifier: Apache-2.0
// The service through bad times: a damaged ledger, wrong configurations, no service, a second one.
#include "platform/include/paths.h"
#include "tests/service/service_fixture.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("a damaged ledger is set aside, what can be read of it is carried over, and it is said aloud") {
    if (!takes_requests_to_stop()) {
        test::skip("Wine 8 has no Ctrl-Break; service_manager_test stops the service");
        return;
    }
    constexpr int kBlocks = 30;
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    for (int i = 0; i < kBlocks; ++i) REQUIRE(sender.send(wazuh4("block600", address(i))));
    REQUIRE(test::wait_until([&] { return riposte.engine_number("in_force") == kBlocks; }));
    // A stop brings everything into the file itself.
    REQUIRE(riposte.stop() == 0);
    {
        std::fstream ledger(place.state() / "ledger.db", std::ios::in | std::ios::out | std::ios::binary);
        REQUIRE(ledger.seekp(20).good());
        ledger << std::string(60, 'X');
    }
    riposte.start();
    bool is_set_aside = false;
    for (const auto& entry : fs::directory_iterator(place.state())) {
        is_set_aside |= entry.path().filename().string().starts_with("ledger.db.damaged-");
    }
    CHECK(is_set_aside);
    CHECK(place.log().find("the ledger was damaged") != std::string::npos);
    REQUIRE(test::wait_until([&] { return place.events("ledger").size() == 1; }));
    const auto told = place.events("ledger");
    CHECK(text(told[0], "text") == "damaged");
    CHECK(number(told[0], "carried_over") + number(told[0], "lost") == kBlocks);
    CHECK(number(told[0], "carried_over") > 0);
    CHECK(std::ssize(riposte.pending()) == number(told[0], "carried_over"));
    CHECK(riposte.run({"undo", "--all"}).code == 0);
    CHECK(static_cast<std::int64_t>(place.count_acts("delete")) == number(told[0], "carried_over"));
}

TEST_CASE("without a service the command line reads the ledger itself, or says what is missing") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const std::int64_t id = riposte.send(wazuh4("block600", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
    // The ledger works in order: when it has answered, everything before the question is in its file.
    REQUIRE(riposte.rows({"history"}).size() == 1);
    SUBCASE("after a stop") {
        if (!takes_requests_to_stop()) {
            test::skip("after a stop: Wine 8 has no Ctrl-Break; service_manager_test stops the service");
            return;
        }
        REQUIRE(riposte.stop() == 0);
    }
    SUBCASE("after a crash") {
        riposte.kill9();
    }
    const Ran pending = riposte.run({"pending"});
    CHECK(pending.code == 0);
    CHECK(pending.err.find("no service runs") != std::string::npos);
    const auto rows = pending.json().as_array();
    REQUIRE(rows.size() == 1);
    CHECK(number(rows[0].as_object(), "id") == id);
    CHECK(number(rows[0].as_object(), "left_ms") > 0);
    CHECK(riposte.rows({"history"}).size() == 1);
    for (const std::string word : {"status", "reload"}) {
        CAPTURE(word);
        CHECK(riposte.run({word}).code == 3);
    }
    CHECK(riposte.run({"undo", std::to_string(id)}).code == 3);
    CHECK(riposte.run({"send"}, wazuh4("block600", address(2))).code == 3);
    CHECK(place.acts().size() == 1);
}

TEST_CASE("a reload with errors keeps the running configuration") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    place.write(place.config(), "<ossec_config>\n  <command>\n    <name>other</name>\n  </command>\n</ossec_config>\n");
    const Ran ran = riposte.run({"reload"});
    CHECK(ran.code == 1);
    const auto told = ran.json().as_object();
    CHECK_FALSE(told.at("reloaded").as_bool());
    const auto& findings = told.at("diagnostics").as_array();
    REQUIRE_FALSE(findings.empty());
    CHECK(text(findings[0].as_object(), "file") == place.config().string());
    CHECK(number(findings[0].as_object(), "line") > 0);
    const std::int64_t id = riposte.send(wazuh4("block600", address(1)));
    CHECK(test::wait_until([&] { return place.said("armed", id); }));

    place.add("other", "read-line " + place.act());
    place.write(place.config(), command("other", "other", false));
    CHECK(riposte.run({"reload"}).code == 0);
    CHECK(riposte.refusal(wazuh4("block600", address(2))) == "unknown");
    CHECK(riposte.refusal(wazuh4("other0", address(2))).empty());
    CHECK(test::wait_until([&] { return place.count_acts("add") == 2; }));
    // It was applied by a command that is not configured any more, and is undone all the same.
    CHECK(riposte.run({"undo", std::to_string(id)}).code == 0);
    CHECK(place.count_acts("delete") == 1);
}

TEST_CASE("it refuses to start with errors and names file and line of each") {
    Place place;
    const Riposte riposte(place,
                          "<ossec_config>\n"
                          "  <command>\n"
                          "    <name>block</name>\n"
                          "    <executable>../block</executable>\n"
                          "  </command>\n"
                          "  <active-response>\n"
                          "    <level>high</level>\n"
                          "  </active-response>\n"
                          "</ossec_config>\n");
    const Ran ran = riposte.run({"serve"});
    CHECK(ran.code == 1);
    CHECK(ran.err.find(place.config().string() + ":4") != std::string::npos);
    CHECK(ran.err.find(place.config().string() + ":7") != std::string::npos);
    CHECK_FALSE(fs::exists(place.state() / "ledger.db"));
    for (const fs::path& execq : execq_paths(place.home())) CHECK_FALSE(fs::exists(execq));
}

TEST_CASE("of two instances the second names the first's process and leaves it alone") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const Ran second = riposte.run({"serve"});
    CHECK(second.code == 1);
    CHECK(second.err.find(std::to_string(riposte.id())) != std::string::npos);
    REQUIRE(Sender(place.home(), place.state()).send(wazuh4("block600", address(1))));
    CHECK(test::wait_until([&] { return place.count_acts("add") == 1; }));
    // The lock ends with its holder, however that ended.
    riposte.kill9();
    riposte.start();
    CHECK(riposte.pending().size() == 1);
}
