// SPDX-License-Identifier: Apache-2.0
#include "src/run/engine.h"

#include "platform/include/environment.h"
#include "platform/include/host.h"
#include "tests/run/engine_fixture.h"
#include "tests/support/os.h"

#include <algorithm>

using namespace riposte;
using namespace riposte::testing;

namespace {

// A Wazuh executable: asks, acts on a yes.
std::string asks_and_acts(const TemporaryHome& home) {
    return "read-line keys-from-srcip read-answer act " + home.file("acts").string();
}

}  // namespace

TEST_CASE("a stateful request is applied, in force, and reversed when its timeout expires") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block1", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("armed", id), runner.story());
    CHECK(runner.engine().status().in_force == 1);
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    const auto acts = home.lines("acts");
    REQUIRE(acts.size() == 2);
    CHECK(acts[0].starts_with("add 203.0.113.7 "));
    CHECK(acts[1].starts_with("delete 203.0.113.7 "));
    CHECK(runner.engine().status().in_force == 0);
    for (const char* event :
         {"received", "started", "told", "conversed", "finished", "armed", "reversing", "reversed"}) {
        CAPTURE(event);
        CHECK(runner.seen(event, id));
    }
}

TEST_CASE("a stateless request is run once and nothing is left in force") {
    TemporaryHome home;
    home.add_executable("restart", "read-line act " + home.file("acts").string());
    Runner runner(home, command("restart", "restart", false));
    const ActionId id = runner.submit(wazuh4("restart0", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("finished", id), runner.story());
    CHECK(runner.text("finished", id, "outcome") == "success");
    CHECK(home.lines("acts").size() == 1);
    CHECK(runner.engine().status().in_force == 0);
}

TEST_CASE("an executable is told by its environment that Riposte runs it, which tools are not") {
    TemporaryHome home;
    home.add_executable("tell", "read-line has-env RUN_BY_RIPOSTE=yes has-env RIPOSTE_TEST_SECRET=leaked");
    Runner runner(home, command("tell", "tell", false));
    const test::Variable secret("RIPOSTE_TEST_SECRET", "leaked");
    const ActionId id = runner.submit(wazuh4("tell0", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("finished", id), runner.story());
    const std::string output = runner.text("finished", id, "output");
    CHECK(output.find("RUN_BY_RIPOSTE=yes is there") != std::string::npos);
    CHECK(output.find("RIPOSTE_TEST_SECRET=leaked is missing") != std::string::npos);
    CHECK(std::ranges::count(child_environment(), "RUN_BY_RIPOSTE=yes") == 0);
}

TEST_CASE("a stateless executable that asks is told to continue") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block0", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("finished", id), runner.story());
    CHECK(home.lines("acts").size() == 1);
}

TEST_CASE("an executable that reads to the end of its input does not hang") {
    TemporaryHome home;
    home.add_executable("cat", "read-all act " + home.file("acts").string());
    SUBCASE("stateless: it goes on at once, or where the system does not tell what it has read, after keys_deadline") {
        const auto limit = std::chrono::seconds(test::tells_what_is_unread() ? 3 : 10);
        Runner runner(home, command("cat", "cat"));
        const ActionId id = runner.submit(wazuh4("cat0", "203.0.113.7"));
        REQUIRE_MESSAGE(runner.until([&] { return runner.seen("finished", id); }, limit), runner.story());
        CHECK(home.lines("acts").size() == 1);
    }
    SUBCASE("stateful: it goes on after keys_deadline and is undone by the alert's own key") {
        Runner runner(home, command("cat", "cat") + "<riposte><keys_deadline>1s</keys_deadline></riposte>");
        const ActionId id = runner.submit(wazuh4("cat1", "203.0.113.7"));
        REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
        REQUIRE(home.lines("acts").size() == 2);
        CHECK(home.lines("acts")[1].starts_with("delete 203.0.113.7"));
    }
}

TEST_CASE("an executable that acts and ends without naming keys is undone too") {
    TemporaryHome home;
    home.add_executable("quiet", "read-line act " + home.file("acts").string());
    Runner runner(home, command("quiet", "quiet"));
    const ActionId id = runner.submit(wazuh4("quiet1", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    CHECK(home.lines("acts").size() == 2);
    // A repeat while in force is not run a second time: one reversal would not undo both.
    const ActionId first = runner.submit(wazuh4("quiet60", "203.0.113.8"));
    REQUIRE(runner.wait("armed", first));
    const ActionId repeat = runner.submit(wazuh4("quiet90", "203.0.113.8"));
    REQUIRE(runner.wait("finished", repeat));
    CHECK(runner.text("finished", repeat, "outcome") == "already_in_force");
    CHECK(home.lines("acts").size() == 3);
}

TEST_CASE("a repeat is told to abort and extends what is in force, never shortens it") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const ActionId first = runner.submit(wazuh4("block600", "203.0.113.7"));
    REQUIRE(runner.wait("armed", first));
    const auto due = [&] { return to_ms(runner.engine().status().next_due.value()); };
    const std::int64_t at_first = due();

    const ActionId shorter = runner.submit(wazuh4("block5", "203.0.113.7"));
    REQUIRE(runner.wait("finished", shorter));
    CHECK(runner.text("finished", shorter, "outcome") == "already_in_force");
    CHECK(due() == at_first);

    const ActionId longer = runner.submit(wazuh4("block900", "203.0.113.7"));
    REQUIRE(runner.wait("finished", longer));
    CHECK(due() >= at_first + 299'000);
    CHECK(home.lines("acts").size() == 1);
    CHECK(runner.engine().status().in_force == 1);
}

TEST_CASE("two commands that share executable and keys share the action until the later is over") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("short", "block") + command("long", "block"));
    const ActionId first = runner.submit(wazuh4("short1", "203.0.113.7"));
    REQUIRE(runner.wait("armed", first));
    const ActionId second = runner.submit(wazuh4("long3", "203.0.113.7"));
    REQUIRE(runner.wait("finished", second));
    const auto began = std::chrono::steady_clock::now();
    REQUIRE_MESSAGE(runner.wait("reversed", first), runner.story());
    // The first alone would have been undone within a second.
    CHECK(std::chrono::steady_clock::now() - began > std::chrono::milliseconds(1'500));
    CHECK(home.lines("acts").size() == 2);
}

TEST_CASE("a failed add keeps its reversal, and a repeat of it is run again") {
    TemporaryHome home;
    home.add_executable("half",
                        "read-line keys-from-srcip read-answer act " + home.file("acts").string() + " fail-on add 3");
    Runner runner(home, command("half", "half"));
    const ActionId first = runner.submit(wazuh4("half60", "203.0.113.7"));
    REQUIRE(runner.wait("armed", first));
    CHECK(runner.text("finished", first, "outcome") == "failed");
    CHECK(runner.text("finished", first, "exit_code") == "3");
    const ActionId again = runner.submit(wazuh4("half1", "203.0.113.7"));
    REQUIRE(runner.wait("armed", again));
    CHECK(home.lines("acts").size() == 2);
    CHECK(runner.engine().status().in_force == 1);
    // The later of the two due times holds.
    CHECK(runner.engine().status().next_due.value() > system_clock().boot_time() + std::chrono::seconds(50));
}

TEST_CASE("a reversal that fails is tried again with growing pauses until it succeeds") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block1", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    home.add_executable("block", "read-line fail-on delete 7");
    std::int64_t last_pause = 0;
    for (int failures = 1; failures <= 4; ++failures) {
        REQUIRE(runner.until([&] { return runner.count("retrying") == static_cast<std::size_t>(failures); }));
        const std::int64_t pause = (runner.engine().status().next_due.value() - system_clock().boot_time()).count();
        CHECK(pause > last_pause);
        last_pause = pause;
        CHECK(runner.engine().status().retrying == 1);
        REQUIRE(runner.engine().extend(id, -std::chrono::milliseconds(pause)).has_value());
    }
    home.add_executable("block", asks_and_acts(home));
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    CHECK(runner.engine().status().retrying == 0);
}

TEST_CASE("keys that name a protected target are answered with abort") {
    TemporaryHome home;
    home.add_executable("lock", "read-line keys " + host_administrators().front() + " end read-answer act " +
                                    home.file("acts").string());
    Runner runner(home, command("lock", "lock"));
    const ActionId id = runner.submit(wazuh4("lock60", "203.0.113.7"));
    REQUIRE(runner.wait("finished", id));
    CHECK(runner.text("refused", id, "reason") == "protected");
    CHECK(home.lines("acts").empty());
    CHECK(runner.engine().status().in_force == 0);
}

TEST_CASE("each refusal has its own reason and nothing is run") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    home.add_executable("loose", "read-line");
    test::let_everybody_write(bin_directory(home.path()) / test::program("loose"));
    Runner runner(
        home,
        command("block", "block") + command("gone", "gone") + command("off", "block") + command("loose", "loose") +
            command("wants", "block", true, "<expect>user</expect>") +
            "<ossec_config><active-response><disabled>yes</disabled><command>off</command><location>local</location>"
            "<timeout>77</timeout><rules_id>1</rules_id></active-response></ossec_config>"
            "<riposte><ad_hoc>no</ad_hoc><protect><address>198.51.100.0/24</address></protect></riposte>");
    struct Row {
        std::string name;
        const char* srcip;
        const char* reason;
    };
    for (const Row& row : {Row{"nobody5", "203.0.113.7", "unknown"}, Row{"gone5", "203.0.113.7", "missing"},
                           Row{"loose5", "203.0.113.7", "unsafe"}, Row{"off77", "203.0.113.7", "disabled"},
                           Row{"!" + test::program("block"), "203.0.113.7", "ad_hoc_off"},
                           Row{"wants5", "203.0.113.7", "expected_field"}, Row{"block5", "198.51.100.9", "protected"},
                           Row{"block5", "127.0.0.1", "protected"}, Row{"block5", "1.2.3.4; reboot", "malformed"}}) {
        CAPTURE(row.name);
        CAPTURE(row.srcip);
        const ActionId id = runner.submit(wazuh4(row.name, row.srcip));
        CHECK(runner.text("refused", id, "reason") == row.reason);
        CHECK(runner.text("refused", id, "text").size() > 10);
        CHECK_FALSE(runner.seen("started", id));
    }
    CHECK(home.lines("acts").empty());
}

TEST_CASE("a name that ar.conf gained since is found") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, "<ossec_config></ossec_config>");
    const ActionId before = runner.submit(wazuh4("pushed1", "203.0.113.7"));
    CHECK(runner.text("refused", before, "reason") == "unknown");
    test::write_file(ar_conf_path(home.path()), "pushed1 - " + test::program("block") + " - 1\n");
    const ActionId after = runner.submit(wazuh4("pushed1", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("reversed", after), runner.story());
}

TEST_CASE("10 hung executables delay no other request, and end at their deadline with all their children") {
    TemporaryHome home;
    home.add_executable("hung", "read-line ignore-term grandchild-ignore-term hang");
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("hung", "hung") + command("block", "block") +
                            "<riposte><command name=\"hung\"><deadline>10s</deadline></command></riposte>");
    const auto median_start_ms = [&](const std::string& network) {
        std::vector<std::int64_t> started_after_ms;
        for (int i = 1; i <= 15; ++i) {
            const BootTime asked = system_clock().boot_time();
            const ActionId id = runner.submit(wazuh4("block600", network + std::to_string(i)));
            REQUIRE_MESSAGE(runner.until([&] { return runner.seen("started", id); }), runner.story());
            started_after_ms.push_back((system_clock().boot_time() - asked).count());
            REQUIRE(runner.wait("armed", id));
        }
        std::sort(started_after_ms.begin(), started_after_ms.end());
        return started_after_ms[7];
    };
    const std::int64_t alone = median_start_ms("198.51.100.");
    std::vector<ActionId> hung;
    for (int i = 0; i < 10; ++i) hung.push_back(runner.submit(wazuh4("hung60", "203.0.113." + std::to_string(i))));
    for (const ActionId id : hung) REQUIRE(runner.wait("told", id));
    const std::int64_t beside = median_start_ms("198.51.101.");
    for (const ActionId id : hung) REQUIRE_FALSE(runner.seen("finished", id));
    MESSAGE("a new request starts after " << alone << " ms, with 10 hung after " << beside << " ms (medians of 15)");
    CHECK(beside < 2 * alone + 100);
    for (const ActionId id : hung) {
        REQUIRE_MESSAGE(runner.wait("finished", id), runner.story());
        CHECK(runner.text("finished", id, "outcome") == "deadline");
        CHECK(runner.seen("armed", id));
    }
}

TEST_CASE("a grandchild that keeps the pipes open does not keep the execution open") {
    TemporaryHome home;
    home.add_executable("daemon", "read-line grandchild exit 0");
    Runner runner(home, command("daemon", "daemon", false));
    const ActionId id = runner.submit(wazuh4("daemon0", "203.0.113.7"));
    REQUIRE(runner.until([&] { return runner.seen("finished", id); }, std::chrono::seconds(3)));
    CHECK(runner.text("finished", id, "outcome") == "success");
}

TEST_CASE("a slow executable that is not undone gets the answer to its question too") {
    TemporaryHome home;
    home.add_executable("slow",
                        "sleep-ms 700 read-line keys-from-srcip read-line dump " + home.file("answer").string());
    Runner runner(home, command("slow", "slow", false));
    const ActionId id = runner.submit(wazuh4("slow0", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("finished", id), runner.story());
    CHECK(home.read("answer").find("\"continue\"") != std::string::npos);
}

TEST_CASE("whatever an executable prints, it ends and the next one runs") {
    TemporaryHome home;
    const std::string act = " act " + home.file("acts").string();
    const std::vector<std::pair<std::string, std::string>> roles{
        {"silent", "read-line"},
        {"closer", "read-line close-stdout" + act},
        {"nonsense", "read-line nonsense" + act},
        {"flood", "read-line flood 10485760" + act},
        {"errors", "read-line flood-stderr 10485760" + act},
        {"long", "read-line long-line 9000000" + act},
        {"deaf", "close-stdin" + act},
        {"killed", "read-line kill-self 9"},
    };
    std::string config;
    for (const auto& [name, role] : roles) {
        home.add_executable(name, role);
        config += command(name, name);
    }
    Runner runner(home, config + "<riposte><keys_deadline>1s</keys_deadline></riposte>");
    std::vector<ActionId> ids;
    for (const auto& [name, role] : roles) ids.push_back(runner.submit(wazuh4(name + "60", "203.0.113.7")));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        CAPTURE(roles[i].first);
        REQUIRE_MESSAGE(runner.wait("armed", ids[i]), runner.story());
        CHECK(runner.text("finished", ids[i], "outcome") == (roles[i].first == "killed" ? "failed" : "success"));
        if (roles[i].first == "flood")
            CHECK(runner.text("finished", ids[i], "output_dropped") == std::to_string(10'485'760 - 65'536));
    }
}

TEST_CASE("an executable that ends before the ledger has its record is undone too") {
    TemporaryHome home;
    home.add_executable("deaf", "close-stdin act " + home.file("acts").string());
    Runner runner(home, command("deaf", "deaf"));
    const ActionId warm = runner.submit(wazuh4("deaf1", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("reversed", warm), runner.story());
    const std::size_t handles = test::open_handles();
    runner.ledger().hold();
    const ActionId id = runner.submit(wazuh4("deaf1", "203.0.113.8"));
    // It has acted and ended, and everything of it was read and closed.
    REQUIRE_MESSAGE(runner.until([&] { return home.lines("acts").size() == 3 && test::open_handles() <= handles; }),
                    runner.story());
    CHECK_FALSE(runner.seen("finished", id));
    runner.ledger().release();
    REQUIRE_MESSAGE(runner.wait("armed", id), runner.story());
    CHECK(runner.text("finished", id, "outcome") == "success");
    CHECK_FALSE(runner.seen("told", id));
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    CHECK(home.lines("acts").size() == 4);
}

TEST_CASE("whoever brought a request is told when the ledger has it, and at once that it was refused") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const auto submit = [&](const std::string& name, ActionId id, int& settled) {
        const std::string message = wazuh4(name, "203.0.113.7");
        return runner.engine().submit({message, message.size(), "link", id}, [&settled] { ++settled; }).id;
    };
    int refused = 0;
    submit("nosuch0", 0, refused);
    CHECK(refused == 1);
    runner.ledger().hold();
    int recorded = 0;
    // Under the number that was promised to it.
    const ActionId promised = runner.engine().reserve_id();
    CHECK(submit("block600", promised, recorded) == promised);
    REQUIRE(runner.wait("started", promised));
    CHECK(recorded == 0);
    runner.ledger().release();
    REQUIRE_MESSAGE(runner.wait("armed", promised), runner.story());
    CHECK(recorded == 1);
}

TEST_CASE("an add and a delete of one key never overlap and keep their order") {
    TemporaryHome home;
    home.add_executable("slow", "read-line keys-from-srcip read-answer act " + home.file("begin").string() +
                                    " sleep-ms 150 act " + home.file("end").string());
    Runner runner(home, command("slow", "slow"));
    const ActionId first = runner.submit(wazuh4("slow1", "203.0.113.7"));
    REQUIRE(runner.wait("reversing", first));
    // It arrives while the delete is at work: it waits, then it is a new block.
    const ActionId second = runner.submit(wazuh4("slow1", "203.0.113.7"));
    REQUIRE_MESSAGE(runner.wait("reversed", second), runner.story());
    const auto begin = home.lines("begin"), end = home.lines("end");
    REQUIRE(begin.size() == 4);
    REQUIRE(end.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(begin[i].starts_with(i % 2 == 0 ? "add" : "delete"));
    const auto time = [](const std::string& line) {
        return std::stoll(line.substr(line.find(' ', line.find(' ') + 1)));
    };
    for (std::size_t i = 1; i < 4; ++i) CHECK(time(begin[i]) >= time(end[i - 1]));
}

TEST_CASE("what is in force is undone in time after a restart, and not early") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const WallTime asked = system_clock().wall_time();
    const ActionId id = runner.submit(wazuh4("block3", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    SUBCASE("without warning") {
        runner.restart();
    }
    SUBCASE("by a stop") {
        REQUIRE(runner.stop_and_restart());
    }
    CHECK(runner.engine().status().in_force == 1);
    REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    CHECK(system_clock().wall_time() - asked >= std::chrono::seconds(3));
    CHECK(home.lines("acts").size() == 2);
}

TEST_CASE("on_stop reverse undoes everything before it stops") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block") + "<riposte><on_stop>reverse</on_stop></riposte>");
    for (int i = 0; i < 30; ++i) runner.submit(wazuh4("block600", "203.0.113." + std::to_string(i)));
    REQUIRE(runner.until([&] { return runner.count("armed") == 30; }));
    bool stopped = false;
    runner.engine().stop(std::chrono::seconds(5), [&] { stopped = true; });
    REQUIRE(runner.until([&] { return stopped; }));
    CHECK(runner.count("reversed") == 30);
    CHECK(home.lines("acts").size() == 60);
}

TEST_CASE("a request that was recorded and not told is run after a restart, once") {
    TemporaryHome home;
    OffsetClock clock;
    home.add_executable("slow", "read-line sleep-ms 300 act " + home.file("acts").string());
    std::string config = command("slow", "slow", false) + "<riposte><max_running>2</max_running></riposte>";
    Runner runner(home, config, &clock);
    for (int i = 0; i < 6; ++i) runner.submit(wazuh4("slow0", "203.0.113." + std::to_string(i)));
    REQUIRE(runner.until([&] { return runner.count("told") >= 1; }));
    const std::size_t told = runner.count("told");
    SUBCASE("when it is young") {
        runner.restart();
        REQUIRE(runner.until([&] { return runner.count("finished") == 6 - told; }));
        CHECK(runner.count("lost") == told);
    }
    SUBCASE("and refused as stale when it is old") {
        clock.boot_offset += 11 * 60'000;
        runner.restart();
        CHECK(runner.count("stale") == 6 - told);
        CHECK(runner.count("started") == 0);
    }
}

TEST_CASE("on_boot: after a reboot what is in force is applied again, or undone when it is due") {
    TemporaryHome home;
    OffsetClock clock;
    home.add_executable("block", asks_and_acts(home));
    const std::string config = command("block", "block");
    SUBCASE("reapply") {
        Runner runner(home, config + "<riposte><on_boot>reapply</on_boot></riposte>", &clock);
        const ActionId id = runner.submit(wazuh4("block600", "203.0.113.7"));
        REQUIRE(runner.wait("armed", id));
        clock.id = "another boot";
        runner.restart();
        REQUIRE_MESSAGE(runner.wait("reapplied", id), runner.story());
        CHECK(runner.text("reapplied", id, "outcome") == "success");
        REQUIRE(home.lines("acts").size() == 2);
        CHECK(home.lines("acts")[1].starts_with("add"));
        CHECK(runner.engine().status().in_force == 1);
        REQUIRE(runner.engine().undo(id).has_value());
        REQUIRE(runner.wait("reversed", id));
    }
    SUBCASE("reverse: what became due while the machine was off is undone at once") {
        Runner runner(home, config, &clock);
        const ActionId due = runner.submit(wazuh4("block60", "203.0.113.7"));
        const ActionId not_due = runner.submit(wazuh4("block600", "203.0.113.8"));
        REQUIRE(runner.wait("armed", due));
        REQUIRE(runner.wait("armed", not_due));
        clock.id = "another boot";
        clock.boot_offset -= 1'000;
        clock.wall_offset += 120'000;
        runner.restart();
        REQUIRE_MESSAGE(runner.wait("reversed", due), runner.story());
        CHECK_FALSE(runner.seen("reversing", not_due));
        CHECK(runner.engine().status().in_force == 1);
    }
}

TEST_CASE("repeat offenders stay longer each time, also after a restart") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    const std::string response =
        "<ossec_config><active-response><command>block</command><location>local</location><rules_id>1</"
        "rules_id><timeout>30</timeout>"
        "<repeated_offenders>5,10</repeated_offenders></active-response></ossec_config>";
    Runner runner(home, command("block", "block") + response);
    const auto blocked_for_s = [&] {
        const ActionId id = runner.submit(wazuh4("block30", "203.0.113.7"));
        REQUIRE(runner.wait("armed", id));
        const auto left = (runner.engine().status().next_due.value() - system_clock().boot_time()).count();
        REQUIRE(runner.engine().undo(id).has_value());
        REQUIRE(runner.wait("reversed", id));
        return (left + 500) / 1000;
    };
    CHECK(blocked_for_s() == 30);
    CHECK(blocked_for_s() == 300);
    runner.restart();
    CHECK(blocked_for_s() == 600);
    CHECK(blocked_for_s() == 600);
    bool forgotten = false;
    runner.ledger().forget_offenders("203.0.113.7", [&](std::int64_t count) { forgotten = count == 1; });
    REQUIRE(runner.until([&] { return forgotten; }));
    CHECK(blocked_for_s() == 30);
}

TEST_CASE("operators undo, extend and abandon") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    const ActionId id = runner.submit(wazuh4("block600", "203.0.113.7"));
    REQUIRE(runner.wait("armed", id));
    const auto extended = runner.engine().extend(id, std::chrono::minutes(10));
    REQUIRE(extended.has_value());
    CHECK(extended->boot > system_clock().boot_time() + std::chrono::seconds(1190));
    CHECK_FALSE(runner.engine().extend(id + 1'000, std::chrono::milliseconds(1)).has_value());
    CHECK_FALSE(runner.engine().undo(id + 1'000).has_value());
    REQUIRE(runner.engine().undo(id).has_value());
    REQUIRE(runner.wait("reversed", id));
    const ActionId kept = runner.submit(wazuh4("block600", "203.0.113.8"));
    REQUIRE(runner.wait("armed", kept));
    REQUIRE(runner.engine().abandon(kept).has_value());
    CHECK(runner.engine().status().in_force == 0);
    runner.restart();
    CHECK(runner.engine().status().in_force == 0);
    CHECK(home.lines("acts").size() == 3);
}

TEST_CASE("past the limits new requests are refused with one event, reversals never") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block") +
                            "<riposte><limit><requests_per_minute>5</requests_per_minute></limit></riposte>");
    for (int i = 0; i < 20; ++i) {
        const std::string message = wazuh4("block1", "203.0.113." + std::to_string(i));
        const Engine::Verdict verdict = runner.engine().submit({message, message.size(), "control"});
        CHECK(verdict.refusal.has_value() == (i >= 5));
        if (verdict.refusal)
            CHECK(verdict.refusal->text == "the limit of 5 requests per minute of all commands together is reached");
    }
    CHECK(runner.count("limited") == 1);
    CHECK(runner.count("refused") == 1);
    REQUIRE_MESSAGE(runner.until([&] { return runner.count("reversed") == 5; }), runner.story());
    CHECK(runner.engine().status().refused.at(RefusalReason::Rate) == 15);
}

TEST_CASE("one executable serves a Wazuh 5, a Wazuh 4 and an OSSEC manager") {
    TemporaryHome home;
    home.add_executable("old", "append-argv " + home.file("argv").string());
    Runner runner(
        home, command("old", "old") + "<riposte><command name=\"old\"><dialect>ossec</dialect></command></riposte>");
    const std::vector<std::string> messages{
        wazuh4("old60", "203.0.113.1"),
        R"({"@timestamp":"2026-01-02T03:04:05Z","source":{"ip":"203.0.113.2"},"user":{"name":"bob"},"wazuh":{"active_response":{"name":"old","executable":")" +
            test::program("old") + R"(",
            "extra_arguments":null,"location":"local","type":"stateful","stateful_timeout":60}}})",
        "old60 - 203.0.113.3 1700000000.1 5712 (resp001) any->/var/log/auth.log (null)",
    };
    std::vector<ActionId> ids;
    for (const auto& message : messages) ids.push_back(runner.submit(message));
    for (const ActionId id : ids) REQUIRE_MESSAGE(runner.wait("armed", id), runner.story());
    for (const ActionId id : ids) REQUIRE(runner.engine().undo(id).has_value());
    for (const ActionId id : ids) REQUIRE_MESSAGE(runner.wait("reversed", id), runner.story());
    const auto argv = home.read("argv");
    CHECK(argv.find("add - 203.0.113.1 1700000000.1 5712") != std::string::npos);
    CHECK(argv.find("add bob 203.0.113.2 ") != std::string::npos);
    CHECK(argv.find("add - 203.0.113.3 1700000000.1 5712 (resp001)") != std::string::npos);
    CHECK(argv.find("delete - 203.0.113.1") != std::string::npos);
    CHECK(argv.find("delete bob 203.0.113.2") != std::string::npos);
    CHECK(argv.find("delete - 203.0.113.3") != std::string::npos);
}

TEST_CASE("three hundred at once are all run, none twice") {
    TemporaryHome home;
    home.add_executable("block", asks_and_acts(home));
    Runner runner(home, command("block", "block"));
    for (int i = 0; i < 300; ++i) {
        runner.submit(wazuh4("block600", "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)));
    }
    REQUIRE(runner.until([&] { return runner.count("armed") == 300; }, std::chrono::seconds(60)));
    auto acts = home.lines("acts");
    CHECK(acts.size() == 300);
    for (auto& act : acts) act = act.substr(0, act.find(' ', 4));
    std::sort(acts.begin(), acts.end());
    CHECK(std::unique(acts.begin(), acts.end()) == acts.end());
}
