// SPDX-License-Identifier: Apache-2.0
#include "tests/run/engine_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;

namespace {

void add_stock(const TemporaryHome& home, const std::string& name) {
    home.add_copy(name, FAKE_STOCK_RESPONSE);
}

void write(const TemporaryHome& home, const std::string& name, const std::string& text) {
    std::ofstream(home.file(name), std::ios::binary) << text;
}

bool is_blocked(const TemporaryHome& home, const std::string& address) {
    const auto lines = home.lines("blocked");
    return std::find(lines.begin(), lines.end(), address) != lines.end();
}

}  // namespace

TEST_CASE("what was removed by hand is found at the next check and applied again") {
    TemporaryHome home;
    add_stock(home, "block");
    Runner runner(home, command("block", "block") + "<riposte><drift_check>1s</drift_check></riposte>");
    // One after the other: side by side they may overwrite each other's list.
    const ActionId gone = runner.submit(wazuh4("block3600", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("armed", gone), runner.story());
    const ActionId stays = runner.submit(wazuh4("block3600", "203.0.113.8"));
    REQUIRE(runner.wait("armed", stays));
    REQUIRE(is_blocked(home, "203.0.113.7"));
    write(home, "blocked", "203.0.113.8\n");
    REQUIRE_MESSAGE(runner.wait("reapplied", gone), runner.story());
    CHECK(runner.text("reapplied", gone, "outcome") == "success");
    CHECK(is_blocked(home, "203.0.113.7"));
    CHECK(is_blocked(home, "203.0.113.8"));
    CHECK_FALSE(runner.seen("drifted", stays));
    REQUIRE(runner.engine().undo(gone).has_value());
    REQUIRE_MESSAGE(runner.wait("reversed", gone), runner.story());
    CHECK_FALSE(is_blocked(home, "203.0.113.7"));
}

TEST_CASE("what was removed while Riposte was away is found at its start") {
    TemporaryHome home;
    add_stock(home, "block");
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block3600", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    write(home, "blocked", "");
    runner.restart();
    REQUIRE_MESSAGE(runner.wait("reapplied", id), runner.story());
    CHECK(is_blocked(home, "203.0.113.7"));
    CHECK(runner.engine().status().in_force == 1);
}

TEST_CASE("more than fit into one question are asked about in several") {
    TemporaryHome home;
    add_stock(home, "block");
    Runner runner(home, command("block", "block"));
    constexpr int kActions = 510;
    std::string blocked;
    std::vector<ActionId> removed;
    for (int i = 0; i < kActions; ++i) {
        const std::string address = "198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
        const ActionId id = runner.submit(wazuh4("block3600", address));
        // Targets of both questions are removed by hand, more of them than executables run side by side.
        if (i % 13 == 0)
            removed.push_back(id);
        else
            blocked += address + "\n";
    }
    REQUIRE(runner.until([&] { return runner.count("armed") == kActions; }, std::chrono::minutes(3)));
    // Executables that run side by side overwrite each other's list, so it may have lost more than was removed: here,
    // and while what the first question missed is applied again.
    write(home, "blocked", blocked);
    runner.restart();
    const auto is_back = [&](ActionId id) { return runner.seen("reapplied", id); };
    REQUIRE(
        runner.until([&] { return std::all_of(removed.begin(), removed.end(), is_back); }, std::chrono::minutes(3)));
    for (const ActionId id : removed) CHECK(runner.seen("drifted", id));
    const auto asked = home.lines("asked");
    REQUIRE(asked.size() >= 2);
    CHECK(asked[0] == "500");
    CHECK(asked[1] == "10");
}

TEST_CASE("without a check, and for an executable that answers no questions, nothing is asked") {
    TemporaryHome home;
    std::string config = command("block", "block");
    SUBCASE("drift_check 0") {
        add_stock(home, "block");
        config += "<riposte><drift_check>0</drift_check></riposte>";
    }
    SUBCASE("no marker") {
        home.add_executable("block", "read-line keys-from-srcip read-answer touch blocked");
    }
    Runner runner(home, config);
    const ActionId id = runner.submit(wazuh4("block3600", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    std::filesystem::remove(home.file("blocked"));
    runner.restart();
    CHECK_FALSE(runner.until([&] { return runner.seen("drifted", id); }, std::chrono::milliseconds(300)));
    CHECK(home.lines("asked").empty());
    CHECK_FALSE(std::filesystem::exists(home.file("blocked")));
}

TEST_CASE("an undo asked for while an action is applied again is not lost") {
    TemporaryHome home;
    add_stock(home, "block");
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block3600", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    write(home, "blocked", "");
    runner.restart();
    REQUIRE(runner.wait("drifted", id));
    REQUIRE(runner.engine().undo(id).has_value());
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    CHECK(runner.seen("reapplied", id));
    CHECK_FALSE(is_blocked(home, "203.0.113.7"));
    CHECK(runner.engine().status().in_force == 0);
}

TEST_CASE("commands that can tell are asked whether this host has what they need") {
    TemporaryHome home;
    add_stock(home, "block");
    home.add_executable("plain", "read-line");
    write(home, "not-here", "nft is missing:\ninstall nftables\n");
    Runner runner(home, command("block", "block") + command("plain", "plain"));
    boost::json::array rows;
    const auto check = runner.engine().check_commands([&](boost::json::array found) { rows = std::move(found); });
    REQUIRE(runner.until([&] { return !rows.empty(); }));
    for (const auto& value : rows) {
        const auto& row = value.as_object();
        if (row.at("name").as_string() == "plain") {
            CHECK_FALSE(row.contains("ready"));
        } else {
            CHECK_FALSE(row.at("ready").as_bool());
            CHECK(row.at("problem").as_string() == "nft is missing: install nftables");
        }
    }
    std::filesystem::remove(home.file("not-here"));
    rows.clear();
    const auto again = runner.engine().check_commands([&](boost::json::array found) { rows = std::move(found); });
    REQUIRE(runner.until([&] { return !rows.empty(); }));
    for (const auto& value : rows) CHECK_FALSE(value.as_object().contains("problem"));
}
