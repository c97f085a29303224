// SPDX-License-Identifier: Apache-2.0
// Faults that were measured in the runner that agents ship with. One test for each fault, named after it, shows that
// Riposte does not have it.
#include "platform/include/paths.h"
#include "tests/service/service_fixture.h"
#include "tests/support/os.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

std::string settings(const std::string& text) {
    return "<riposte>" + text + "</riposte>\n";
}

// Each address that was acted on has one delete, at least `timeout` after its add.
void check_each_reversed_in_time(const Place& place, std::int64_t timeout) {
    const auto acts = place.acts();
    for (const Act& add : acts) {
        if (add.verb != "add") continue;
        CAPTURE(add.address);
        const auto is_its_delete = [&](const Act& act) { return act.verb == "delete" && act.address == add.address; };
        CHECK(std::count_if(acts.begin(), acts.end(), is_its_delete) == 1);
        const auto found = std::find_if(acts.begin(), acts.end(), is_its_delete);
        if (found != acts.end()) CHECK(found->wall_ms - add.wall_ms >= timeout);
    }
}

bool waits_for_reversals(const Place& place, std::size_t count, Milliseconds limit = 30s) {
    return test::wait_until([&] { return place.count_acts("delete") >= count; }, limit);
}

}  // namespace

// ---- stopping and dying ----

TEST_CASE("kill -9 with 100 in force loses no reversal") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    // Longer than a slow machine takes to run them all.
    for (int i = 0; i < 100; ++i) REQUIRE(sender.send(wazuh4("block20", address(i))));
    REQUIRE(test::wait_until([&] { return riposte.engine_number("in_force") == 100; }));
    REQUIRE(place.count_acts("delete") == 0);
    riposte.kill9();
    riposte.start();
    CHECK(waits_for_reversals(place, 100, 60s));
    CHECK(test::wait_until([&] { return riposte.pending().empty(); }));
    CHECK(place.count_acts("add") == 100);
    check_each_reversed_in_time(place, 20'000);
}

TEST_CASE("a stop under load never hangs") {
    if (!takes_requests_to_stop()) {
        test::skip("Wine 8 has no Ctrl-Break; service_manager_test stops the service");
        return;
    }
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    std::set<std::string> sent;
    for (int trial = 0; trial < 20; ++trial) {
        riposte.start();
        Sender sender(place.home(), place.state());
        for (int i = 0; i < 10; ++i) {
            const std::string target = "198.18." + std::to_string(trial) + "." + std::to_string(i);
            REQUIRE(sender.send(wazuh4("block1", target)));
            sent.insert(target);
        }
        CAPTURE(trial);
        REQUIRE(riposte.stop(15s) == 0);
    }
    riposte.start();
    CHECK(test::wait_until([&] { return place.count_acts("delete") == sent.size() && riposte.pending().empty(); }));
    CHECK(place.count_acts("add") == sent.size());
    check_each_reversed_in_time(place, 1000);
}

TEST_CASE("a stop while an add is acting: the delete runs after it") {
    if (!takes_requests_to_stop()) {
        test::skip("Wine 8 has no Ctrl-Break; service_manager_test stops the service");
        return;
    }
    Place place;
    place.add("block", "read-line keys-from-srcip read-answer touch " + place.file("acting").string() + " wait-for " +
                           place.file("go").string() + " " + place.act());
    Riposte riposte(place, command("block", "block") + settings("<on_stop>reverse</on_stop>"));
    riposte.start();
    REQUIRE(Sender(place.home(), place.state()).send(wazuh4("block600", address(7))));
    REQUIRE(test::wait_until([&] { return fs::exists(place.file("acting")); }));
    riposte.ask_to_stop();
    REQUIRE(test::wait_until([&] { return place.log().find("stopping") != std::string::npos; }));
    CHECK(place.acts().empty());
    place.write(place.file("go"), "");
    CHECK(riposte.wait_for_end(kStopLimit) == 0);
    const auto acts = place.acts();
    REQUIRE(acts.size() == 2);
    CHECK(acts[0].verb == "add");
    CHECK(acts[1].verb == "delete");
}

TEST_CASE("deletes of 1 s each at a stop with on_stop reverse run side by side") {
    if (!takes_requests_to_stop()) {
        test::skip("Wine 8 has no Ctrl-Break; service_manager_test stops the service");
        return;
    }
    constexpr int kBlocks = 14;
    Place place;
    place.add("block", "read-line keys-from-srcip read-answer sleep-ms-on delete 1000 " + place.act());
    Riposte riposte(place, command("block", "block") + settings("<on_stop>reverse</on_stop>"));
    riposte.start();
    Sender sender(place.home(), place.state());
    for (int i = 0; i < kBlocks; ++i) REQUIRE(sender.send(wazuh4("block600", address(i))));
    REQUIRE(test::wait_until([&] { return riposte.engine_number("in_force") == kBlocks; }));
    const std::int64_t before = wall_ms();
    CHECK(riposte.stop() == 0);
    const std::int64_t took = wall_ms() - before;
    MESSAGE(kBlocks << " reversals of 1 s each at a stop took " << took << " ms");
    CHECK(place.count_acts("delete") == kBlocks);
    CHECK(took >= 1000);
    CHECK(took < kBlocks * 1000 / 2);
}

// ---- slow and talkative executables ----

TEST_CASE("a script that sleeps 20 s delays neither the next request nor due reversals") {
    Place place;
    place.add("block", place.asks_and_acts());
    place.add("slow", "read-line touch " + place.file("slow").string() + " wait-for " + place.file("go").string());
    Riposte riposte(place, command("block", "block") + command("slow", "slow", false));
    riposte.start();
    Sender sender(place.home(), place.state());
    REQUIRE(sender.send(wazuh4("block2", address(1))));
    REQUIRE(sender.send(wazuh4("slow0", address(2))));
    REQUIRE(test::wait_until([&] { return fs::exists(place.file("slow")) && place.count_acts("add") == 1; }));
    const std::int64_t asked = wall_ms();
    REQUIRE(sender.send(wazuh4("block600", address(3))));
    REQUIRE(test::wait_until([&] { return place.count_acts("add") == 2; }));
    CHECK(place.acts().back().wall_ms - asked < 2000);
    REQUIRE(waits_for_reversals(place, 1));
    const auto acts = place.acts();
    const std::int64_t late = acts.back().wall_ms - acts.front().wall_ms - 2000;
    CHECK(late >= 0);
    CHECK(late < 1500);
    // It was at work all the time.
    CHECK(test::wait_until([&] { return riposte.engine_number("running") == 1; }));
    place.write(place.file("go"), "");
    CHECK(test::wait_until([&] { return riposte.engine_number("running") == 0; }));
}

TEST_CASE("a script that exits but leaves a background child holding stdout is over when it exits") {
    Place place;
    place.add("leaves", place.asks_and_acts() + " grandchild-own-session print acted");
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("leaves", "leaves") + command("block", "block"));
    riposte.start();
    const std::int64_t id = riposte.send(wazuh4("leaves1", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("finished", id); }, 10s));
    CHECK(text(riposte.history(id), "apply", "outcome") == "success");
    CHECK(text(riposte.history(id), "apply", "output").find("acted") != std::string::npos);
    const std::int64_t next = riposte.send(wazuh4("block600", address(2)));
    CHECK(test::wait_until([&] { return place.said("armed", next); }, 10s));
    CHECK(test::wait_until([&] { return place.said("reversed", id); }, 10s));
    CHECK(place.count_acts("delete") == 1);
}

TEST_CASE("keys longer than 4 KB that differ at the end are two targets") {
    Place place;
    const std::string filler(5000, 'k');
    const auto name_key = [&](const std::string& last) {
        place.add("block", "read-line keys " + filler + last + " end read-answer " + place.act());
    };
    name_key("1");
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    for (const char* last : {"1", "2"}) {
        name_key(last);
        const std::int64_t id = riposte.send(wazuh4("block600", address(std::atoi(last))));
        REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
    }
    const std::int64_t repeat = riposte.send(wazuh4("block600", address(2)));
    REQUIRE(test::wait_until([&] { return place.said("finished", repeat); }));
    CHECK(text(riposte.history(repeat), "apply", "outcome") == "already_in_force");
    CHECK(riposte.pending().size() == 2);
    CHECK(place.count_acts("add") == 2);
}

TEST_CASE("a script line over 8 KB, or one that is no message, makes two targets neither the same nor lost") {
    Place place;
    place.add("block", "read-line nonsense long-line 9000 print end-of-it keys-from-srcip read-answer " + place.act());
    // A question that is itself longer than 8 KB.
    const auto name_long_key = [&](int last) {
        const std::string key = std::string(9000, 'k') + std::to_string(last);
        place.add("long", "read-line keys " + key + " end read-answer " + place.act());
    };
    name_long_key(0);
    Riposte riposte(place, command("block", "block") + command("long", "long"));
    riposte.start();
    std::vector<std::int64_t> ids;
    for (const char* name : {"block600", "long600"}) {
        for (int i = 1; i <= 2; ++i) {
            name_long_key(i);
            ids.push_back(riposte.send(wazuh4(name, address(i))));
            CHECK(test::wait_until([&] { return place.said("armed", ids.back()); }));
        }
    }
    const auto rows = riposte.pending();
    CHECK(rows.size() == 4);
    for (const auto& row : rows) CHECK_FALSE(row.at("keys").as_array().empty());
    CHECK(place.count_acts("add") == 4);
    for (const std::int64_t id : ids) CHECK(place.said("conversed", id));
}

// ---- what is the same, and what is not ----

TEST_CASE("keys [a,b] and [a-b] are two targets") {
    Place place;
    const auto name_keys = [&](const std::string& keys) {
        place.add("block", "read-line keys " + keys + " end read-answer " + place.act());
    };
    name_keys("a b");
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const std::int64_t first = riposte.send(wazuh4("block600", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("armed", first); }));
    name_keys("a-b");
    const std::int64_t second = riposte.send(wazuh4("block600", address(2)));
    REQUIRE(test::wait_until([&] { return place.said("armed", second); }));
    CHECK(place.count_acts("add") == 2);
    std::vector<std::string> keys;
    for (const auto& row : riposte.pending()) {
        for (const auto& key : row.at("keys").as_array()) keys.emplace_back(key.as_string());
    }
    CHECK(keys == std::vector<std::string>{"a", "b", "a-b"});
}

TEST_CASE("one executable under two names, 600 s then 5 s: the block stays 600 s") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("long", "block") + command("brief", "block"));
    riposte.start();
    const std::int64_t first = riposte.send(wazuh4("long600", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("armed", first); }));
    const std::int64_t second = riposte.send(wazuh4("brief5", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("finished", second); }));
    const auto rows = riposte.pending();
    REQUIRE(rows.size() == 1);
    CHECK(number(rows[0], "left_ms") > 590'000);
    CHECK(place.acts().size() == 1);
    // The other way round, the later time counts too.
    const std::int64_t third = riposte.send(wazuh4("brief5", address(2)));
    REQUIRE(test::wait_until([&] { return place.said("armed", third); }));
    const std::int64_t fourth = riposte.send(wazuh4("long600", address(2)));
    REQUIRE(test::wait_until([&] { return place.said("finished", fourth); }));
    for (const auto& row : riposte.pending()) CHECK(number(row, "left_ms") > 590'000);
}

TEST_CASE("ar.conf with 10,000 lines: the first name and the last one are known") {
    Place place;
    place.add("block", place.asks_and_acts());
    std::string lines;
    for (int i = 0; i < 10'000; ++i)
        lines += "block-" + std::to_string(i) + "-600 - " + test::program("block") + " - 600\n";
    place.write(ar_conf_path(place.home()), lines);
    Riposte riposte(place, "<ossec_config></ossec_config>\n");
    riposte.start();
    const std::int64_t first = riposte.send(wazuh4("block-0-600", address(1)));
    const std::int64_t last = riposte.send(wazuh4("block-9999-600", address(2)));
    CHECK(test::wait_until([&] { return place.said("armed", first) && place.said("armed", last); }));
    CHECK(place.count_acts("add") == 2);
    CHECK(riposte.run({"commands"}).json().as_array().size() == 10'000);
}

// ---- failures are told and tried again ----

TEST_CASE("a delete that fails is retried and shown") {
    Place place;
    const std::string asks = "read-line keys-from-srcip read-answer ";
    place.add("block", asks + "fail-on delete 3 " + place.act());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const std::int64_t id = riposte.send(wazuh4("block1", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("retrying", id); }));
    const auto rows = riposte.pending();
    REQUIRE(rows.size() == 1);
    CHECK(text(rows[0], "state") == "retrying");
    CHECK(number(rows[0], "failures") == 1);
    CHECK(text(rows[0], "last_error").find("exit code 3") != std::string::npos);
    CHECK(riposte.engine_number("retrying") == 1);
    CHECK(Place::read(response_log_path(place.home())).find(R"("verb":"delete")") != std::string::npos);
    place.add("block", asks + place.act());
    CHECK(test::wait_until([&] { return place.said("reversed", id); }));
    CHECK(place.count_acts("delete") == 1);
    CHECK(riposte.pending().empty());
}

TEST_CASE("a delete whose executable is gone is retried and shown, and succeeds when it is back") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const std::int64_t id = riposte.send(wazuh4("block1", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
    fs::rename(place.executable("block"), place.file("taken away"));
    REQUIRE(test::wait_until([&] { return place.said("retrying", id); }));
    const auto rows = riposte.pending();
    REQUIRE(rows.size() == 1);
    CHECK(text(rows[0], "state") == "retrying");
    CHECK(text(rows[0], "last_error").find("block") != std::string::npos);
    fs::rename(place.file("taken away"), place.executable("block"));
    CHECK(test::wait_until([&] { return place.said("reversed", id); }));
    CHECK(place.count_acts("delete") == 1);
}

TEST_CASE("exec failure and exit status are logged") {
    Place place;
    place.add("fails", "read-line print-error it-broke exit 7");
    // No program of this system, and no interpreter for it.
    place.write(place.executable("cannot"), "#!/no/such/interpreter\n", 0755);
    Riposte riposte(place, command("fails", "fails", false) + command("cannot", "cannot", false));
    riposte.start();
    const std::int64_t fails = riposte.send(wazuh4("fails0", address(1)));
    const std::int64_t cannot = riposte.send(wazuh4("cannot0", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("finished", fails) && place.said("finished", cannot); }));
    for (const auto& event : place.events("finished")) {
        if (number(event, "action") == fails) {
            CHECK(number(event, "exit_code") == 7);
            CHECK(text(event, "output").find("it-broke") != std::string::npos);
        } else {
            CHECK(text(event, "outcome") == "not_started");
            CHECK(text(event, "text").find("cannot") != std::string::npos);
        }
    }
    CHECK(text(riposte.history(fails), "apply", "text").find("7") != std::string::npos);
    CHECK(text(riposte.history(cannot), "apply", "outcome") == "not_started");
    const std::string responses = Place::read(response_log_path(place.home()));
    CHECK(responses.find(test::program("fails")) != std::string::npos);
    CHECK(responses.find(test::program("cannot")) != std::string::npos);
}

// ---- time ----

TEST_CASE("the clock set forward 1 h or back 60 s changes no due time") {
    for (const int offset_ms : {3'600'000, -60'000}) {
        CAPTURE(offset_ms);
        Place place;
        place.add("block", place.asks_and_acts());
        Riposte riposte(place, command("block", "block"), {"RIPOSTE_TEST_CLOCK=" + place.file("clock").string()},
                        RIPOSTE_HOOKED);
        riposte.start();
        const std::int64_t id = riposte.send(wazuh4("block3", address(1)));
        REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
        place.write(place.file("clock"), std::to_string(offset_ms) + " 0\n");
        const auto rows = riposte.pending();
        REQUIRE(rows.size() == 1);
        CHECK(number(rows[0], "left_ms") <= 3000);
        // Half the time over a restart, which must not take the clock for the truth either.
        riposte.kill9();
        riposte.start();
        REQUIRE(waits_for_reversals(place, 1));
        const auto acts = place.acts();
        REQUIRE(acts.size() == 2);
        CHECK(acts[1].wall_ms - acts[0].wall_ms >= 3000);
        CHECK(acts[1].wall_ms - acts[0].wall_ms < 6000);
    }
}

TEST_CASE("a reversal is on time") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    for (int i = 0; i < 20; ++i) {
        REQUIRE(sender.send(wazuh4("block1", address(i))));
        REQUIRE(test::wait_until([&] { return place.count_acts("add") == static_cast<std::size_t>(i) + 1; }));
    }
    REQUIRE(waits_for_reversals(place, 20));
    // "reversing" is told just before the executable starts: how long a start takes is the system's affair.
    std::map<std::int64_t, std::int64_t> due;
    for (const auto& event : place.events("armed")) due[number(event, "action")] = number(event, "due_wall_ms");
    std::vector<std::int64_t> late;
    for (const auto& event : place.events("reversing")) {
        late.push_back(time_ms(event) - due.at(number(event, "action")));
    }
    REQUIRE(late.size() == 20);
    std::sort(late.begin(), late.end());
    MESSAGE("reversals were late by " << late[10] << " ms (median of 20), at most " << late[19] << " ms");
    CHECK(late[10] < 250);
    // By what was done, none is early, and none waits for long between its event and its act.
    std::map<std::string, std::int64_t> added;
    for (const Act& act : place.acts()) {
        if (act.verb == "add") added[act.address] = act.wall_ms;
        if (act.verb != "delete") continue;
        const std::int64_t after_add = act.wall_ms - added.at(act.address);
        CHECK(after_add >= 1000);
        CHECK(after_add < 6000);
    }
}

TEST_CASE("repeat offenders are forgotten") {
    Place place;
    place.add("block", place.asks_and_acts());
    const std::string response =
        "<ossec_config><active-response><command>block</command><location>local</location><rules_id>1</rules_id>"
        "<timeout>30</timeout><repeated_offenders>5,10</repeated_offenders></active-response></ossec_config>\n";
    Riposte riposte(place, command("block", "block") + response, {"RIPOSTE_TEST_CLOCK=" + place.file("clock").string()},
                    RIPOSTE_HOOKED);
    riposte.start();
    const auto blocked_for_s = [&](int target) {
        const std::int64_t id = riposte.send(wazuh4("block30", address(target)));
        REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
        const auto rows = riposte.pending();
        REQUIRE(rows.size() == 1);
        REQUIRE(riposte.run({"undo", std::to_string(id)}).code == 0);
        return (number(rows[0], "left_ms") + 5'000) / 10'000 * 10;
    };
    CHECK(blocked_for_s(1) == 30);
    CHECK(blocked_for_s(1) == 300);
    CHECK(blocked_for_s(2) == 30);
    const std::string month = std::to_string(std::int64_t{31} * 86'400'000);
    place.write(place.file("clock"), month + " " + month + "\n");
    CHECK(blocked_for_s(1) == 30);
    CHECK(blocked_for_s(3) == 30);
    // Not only not counted: the second one is not kept either, though it never came back.
    CHECK(number(riposte.run({"forget", "--all"}).json().as_object(), "forgotten") == 2);
}

// ---- what is not run ----

TEST_CASE("an executable that everybody may write is not run") {
    Place place;
    place.add("open", place.asks_and_acts());
    test::let_everybody_write(place.executable("open"));
    Riposte riposte(place, command("open", "open"));
    riposte.start();
    const Ran ran = riposte.run({"send"}, wazuh4("open600", address(1)));
    CHECK(ran.code == 4);
    CHECK(text(ran.json().as_array().at(0).as_object(), "reason") == "unsafe");
    CHECK(place.acts().empty());
}
