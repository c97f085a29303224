// SPDX-License-Identifier: Apache-2.0
// Reboots, crashes and damage.
#include "platform/include/utf8_path.h"
#include "src/ledger/ledger.h"
#include "src/ledger/salvage.h"
#include "tests/ledger/fixtures.h"
#include "tests/support/role.h"

#include <doctest/doctest.h>

#include <iostream>
#include <set>

using namespace riposte;
using namespace riposte::testing;
using test::read_file;
using test::write_file;

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr int kActions = 400;

// Arms `kActions` actions with documents of a few KB and closes the ledger.
std::vector<ActionId> fill(const fs::path& state, const SetClock& clock, std::size_t document = 1500) {
    OpenLedger ledger(state, clock);
    std::vector<ActionId> ids;
    int done = 0;
    for (int n = 0; n < kActions; ++n) {
        Action action = ledger.action(n);
        action.input.document = R"({"command":"","full_log":")" + std::string(document, 'x') + R"("})";
        ids.push_back(action.id);
        ledger->admit(action, [&](const Result<void>& result) { done += result.has_value() ? 1 : 0; });
        ledger->set_in_force(action.id, {action.executable, Key::Kind::Named, {action.srcip}}, due_in(clock, 600'000));
    }
    ledger.run_until([&] { return done == kActions; });
    CHECK(ledger.offence({"drop", Key::Kind::Named, {"x"}}, std::chrono::hours(1)) == 0);
    return ids;
}

// Tells of each action on standard output when the ledger has it. Is killed.
int arm_for_ever(const std::vector<std::string>& arguments) {
    const SetClock clock;
    OpenLedger ledger(utf8_path(arguments.at(0)), clock);
    for (;;) {
        const ActionId id = ledger.arm(1);
        ledger.settle();
        std::cout << id << std::endl;
    }
}
const test::Role kArmForEver("arm for ever", arm_for_ever);

void check_sound(OpenLedger& ledger) {
    const ActionId id = ledger.arm(200);
    CHECK(ledger.load(id).has_value());
    CHECK(ledger->health().writable);
}

}  // namespace

TEST_CASE("a change of the wall clock within one boot moves no due time") {
    for (const std::int64_t moved : {kHour, -kHour / 60, 365 * 24 * kHour}) {
        CAPTURE(moved);
        const TemporaryDirectory directory;
        SetClock clock;
        ActionId id = 0;
        {
            OpenLedger ledger(directory.path(), clock);
            id = ledger.arm(1);
        }
        const std::int64_t due = to_ms(clock.boot_time()) + 600'000;
        clock.pass(10'000);
        clock.wall += moved;
        OpenLedger ledger(directory.path(), clock);
        const auto recovered = ledger.recover();
        CHECK(!recovered.rebooted);
        CHECK(recovered.armed == 1);
        CHECK(to_ms(ledger.armed.at(id).due.boot) == due);
    }
}

TEST_CASE("after a reboot the wall clock decides, within the action's timeout") {
    struct Case {
        std::int64_t wall_passed, left;
    };
    for (const Case& one : {Case{100'000, 500'000}, Case{600'000, 0}, Case{kHour, 0}, Case{-kHour, 600'000}}) {
        const std::int64_t wall_passed = one.wall_passed;
        const std::int64_t left = one.left;
        CAPTURE(wall_passed);
        const TemporaryDirectory directory;
        SetClock clock;
        ActionId id = 0;
        {
            OpenLedger ledger(directory.path(), clock);
            id = ledger.arm(1);
        }
        clock.id = "boot-2";
        clock.boot = 30'000'000;
        clock.wall += wall_passed;
        {
            OpenLedger ledger(directory.path(), clock);
            CHECK(ledger.recover().rebooted);
            const Due due = ledger.armed.at(id).due;
            if (left > 0)
                CHECK(to_ms(due.boot) == to_ms(clock.boot_time()) + left);
            else
                CHECK(to_ms(due.boot) <= to_ms(clock.boot_time()));
        }
        // It is an ordinary action of the new boot from then on.
        clock.pass(1000);
        clock.wall += kHour;
        {
            OpenLedger ledger(directory.path(), clock);
            CHECK(!ledger.recover().rebooted);
            if (left > 0) CHECK(to_ms(ledger.armed.at(id).due.boot) == to_ms(clock.boot_time()) - 1000 + left);
        }
        // And after a second reboot the wall clock of the first one's end counts, not that of the beginning.
        clock.wall -= kHour;
        clock.id = "boot-3";
        clock.boot = 1000;
        OpenLedger ledger(directory.path(), clock);
        CHECK(ledger.recover().rebooted);
        if (left > 0) CHECK(to_ms(ledger.armed.at(id).due.boot) == 1000 + left - 1000);
    }
}

TEST_CASE("a due time that a repeat moved beyond the first timeout is kept over a reboot") {
    const TemporaryDirectory directory;
    SetClock clock;
    ActionId id = 0;
    {
        OpenLedger ledger(directory.path(), clock);
        id = ledger.arm(1);
        ledger->set_due(id, due_in(clock, 2 * kHour), Phase::InForce);
    }
    clock.id = "boot-2";
    clock.boot = 1000;
    clock.wall += kHour;
    OpenLedger ledger(directory.path(), clock);
    ledger.recover();
    CHECK(to_ms(ledger.armed.at(id).due.boot) == 1000 + kHour);
}

TEST_CASE("refreshed wall-clock times make a reboot right after the clock was set") {
    const TemporaryDirectory directory;
    SetClock clock;
    ActionId id = 0;
    {
        OpenLedger ledger(directory.path(), clock);
        id = ledger.arm(1);
        clock.wall += 24 * kHour;
        ledger->refresh_wall_times();
    }
    clock.id = "boot-2";
    clock.boot = 1000;
    clock.wall += 60'000;
    OpenLedger ledger(directory.path(), clock);
    ledger.recover();
    CHECK(to_ms(ledger.armed.at(id).due.boot) == 1000 + 540'000);
}

TEST_CASE("recovery tells what the schedule needs, and admitted actions whole and oldest first") {
    const TemporaryDirectory directory;
    SetClock clock;
    ActionId failed = 0;
    ActionId retrying = 0;
    Action waiting;
    Action waiting_too;
    {
        OpenLedger ledger(directory.path(), clock);
        const Action action = ledger.action(1);
        failed = action.id;
        REQUIRE(ledger.admit(action).has_value());
        ledger->finish_apply(failed, {Outcome::Kind::Deadline, 0, 9, {}, "", ""}, Phase::InForce, due_in(clock, 1000));
        retrying = ledger.arm(2);
        ledger->finish_reverse(retrying, {Outcome::Kind::Failed, 1, 0, {}, "", ""}, Phase::Retrying,
                               due_in(clock, 7000), 3);
        waiting = ledger.action(3);
        waiting_too = ledger.action(4, 0);
        REQUIRE(ledger.admit(waiting).has_value());
        REQUIRE(ledger.admit(waiting_too).has_value());
        const Action over = ledger.action(5);
        REQUIRE(ledger.admit(over).has_value());
        ledger->finish_apply(over.id, {}, Phase::Closed, {});
    }
    clock.pass(5000);
    SUBCASE("in the same boot") {}
    SUBCASE("after a reboot") {
        clock.id = "boot-2";
        clock.boot = 9000;
    }
    OpenLedger ledger(directory.path(), clock);
    const auto recovered = ledger.recover();
    CHECK(recovered.armed == 2);
    REQUIRE(ledger.armed.size() == 2);
    CHECK(ledger.armed.at(failed).apply_failed);
    CHECK(ledger.armed.at(failed).apply_finished);
    CHECK(ledger.armed.at(failed).timeout.count() == 600'000);
    CHECK(ledger.armed.at(failed).deadline.count() == 60'000);
    CHECK(ledger.armed.at(failed).key == Key{"firewall-drop", Key::Kind::Alert, {"203.0.113.1"}}.digest());
    CHECK(ledger.armed.at(retrying).phase == Phase::Retrying);
    CHECK(ledger.armed.at(retrying).failures == 3);
    CHECK(!ledger.armed.at(retrying).apply_failed);
    CHECK(ledger.armed.at(retrying).command == "firewall-drop");
    CHECK(ledger.armed.at(retrying).executable == "firewall-drop");
    REQUIRE(recovered.admitted.size() == 2);
    CHECK(recovered.admitted[0].id == waiting.id);
    CHECK(recovered.admitted[0].input.document == waiting.input.document);
    CHECK(recovered.admitted[1].id == waiting_too.id);
    // Its age is right in either boot.
    CHECK((clock.boot_time() - recovered.admitted[0].received_boot).count() == 5000);
}

TEST_CASE("what was answered is there after the process was killed") {
    const TemporaryDirectory directory;
    test::RoleProcess armed("arm for ever", {directory.path().string()});
    std::set<ActionId> told;
    for (auto id = armed.line(); id; id = armed.line()) {
        told.insert(std::stoll(*id));
        if (told.size() == 50) armed.end();
    }
    REQUIRE(armed.wait() == test::kEndedAtOnce);
    REQUIRE(told.size() >= 50);

    const SetClock clock;
    // The CLI sees it while the service is down, and leaves it as it is.
    const auto found = query_closed_ledger(directory.path(), clock, where([&](auto& q) {
                                               q.pending_only = true;
                                               q.limit = 5000;
                                           }));
    if (!found) FAIL(found.error().text());
    CHECK(found->size() >= told.size());
    OpenLedger ledger(directory.path(), clock);
    CHECK(ledger.opened.set_aside.empty());
    ledger.recover();
    for (const ActionId one : told) {
        REQUIRE(ledger.armed.contains(one));
        CHECK(to_ms(ledger.armed.at(one).due.boot) == to_ms(clock.boot_time()) + 600'000);
    }
    CHECK(ledger->next_id() > *told.rbegin());
}

TEST_CASE("a damaged ledger is set aside and what can be read of it is carried over") {
    const TemporaryDirectory directory;
    const SetClock clock;
    const auto ids = fill(directory.path(), clock);
    const fs::path file = ledger_path(directory.path());
    std::string bytes = read_file(file);
    std::int64_t at_least = 0;
    const auto ruin = [&](std::size_t from, std::size_t count, int what) {
        std::minstd_rand random(7);
        for (std::size_t i = from; i < std::min(from + count, bytes.size()); ++i)
            bytes[i] = what < 0 ? static_cast<char>(random()) : static_cast<char>(what);
    };
    SUBCASE("a page in the middle is garbage") {
        ruin(bytes.size() / 8192 * 4096, 4096, -1);
        at_least = kActions - 40;
    }
    SUBCASE("a page in the middle is zero") {
        ruin(bytes.size() / 8192 * 4096, 4096, 0);
        at_least = kActions - 40;
    }
    SUBCASE("a quarter is garbage") {
        ruin(bytes.size() / 2, bytes.size() / 4, -1);
        at_least = kActions / 3;
    }
    SUBCASE("two pages apart from each other are zero") {
        ruin(bytes.size() / 4096 / 3 * 4096, 4096, 0);
        ruin(bytes.size() / 4096 / 3 * 2 * 4096, 4096, 0);
        at_least = kActions - 80;
    }
    SUBCASE("it is cut to half") {
        bytes.resize(bytes.size() / 2);
        at_least = kActions / 4;
    }
    SUBCASE("it is cut within a page") {
        bytes.resize(bytes.size() - 5000);
        at_least = kActions - 40;
    }
    SUBCASE("its first page is garbage") {
        ruin(0, 4096, -1);
        at_least = kActions - 1;
    }
    SUBCASE("it is no database at all") {
        bytes = "this is no ledger\n" + std::string(20'000, 'x');
    }
    SUBCASE("it is a database of something else") {
        fs::remove(file);
        { sqlite::Connection(file, sqlite::Connection::Mode::ReadWrite).execute("CREATE TABLE birds(name)"); }
        bytes = read_file(file);
    }
    write_file(file, bytes);

    OpenLedger ledger(directory.path(), clock);
    const auto& opened = ledger.opened;
    CAPTURE(opened.carried_over);
    CAPTURE(opened.lost);
    CHECK(opened.set_aside.find("ledger.db.damaged-20260102T030405Z") != std::string::npos);
    CHECK(read_file(opened.set_aside) == bytes);
    CHECK(opened.carried_over >= at_least);
    CHECK(opened.carried_over + opened.lost <= kActions);
    const auto recovered = ledger.recover();
    CHECK(recovered.armed == opened.carried_over);
    for (const auto& [id, armed] : ledger.armed) {
        const auto action = ledger.load(id);
        REQUIRE(action.has_value());
        REQUIRE(action->input.document.size() > 1500);
        CHECK(action->key.digest() == armed.key);
    }
    if (at_least > 0) CHECK(ledger->next_id() > ids.back());
    check_sound(ledger);
    ledger.close();

    OpenLedger again(directory.path(), clock);
    CHECK(again.opened.set_aside.empty());
    CHECK(!again.opened.created);
}

TEST_CASE("an empty file in the ledger's place is a new ledger") {
    const TemporaryDirectory directory;
    const SetClock clock;
    write_file(ledger_path(directory.path()), "");
    OpenLedger ledger(directory.path(), clock);
    CHECK(ledger.opened.created);
    check_sound(ledger);
}

TEST_CASE("a crash in the middle of carrying over loses nothing") {
    const TemporaryDirectory directory;
    const SetClock clock;
    fill(directory.path(), clock);
    const fs::path file = ledger_path(directory.path());
    fs::path successor = file;
    successor += ".salvaged";
    SUBCASE("before the damaged one was renamed: the unfinished successor is dropped") {
        write_file(successor, "unfinished");
    }
    SUBCASE("between the two renames: the finished successor takes its place") {
        fs::rename(file, successor);
    }
    OpenLedger ledger(directory.path(), clock);
    CHECK(ledger.recover().armed == kActions);
    CHECK(!fs::exists(successor));
}

TEST_CASE("a ledger that is damaged while in use is replaced, and what was being written is written") {
    const TemporaryDirectory directory;
    const SetClock clock;
    const auto ids = fill(directory.path(), clock, 20'000);
    OpenLedger ledger(directory.path(), clock);
    ledger.recover();
    // Beyond what the page cache holds, in the file that it has open.
    {
        std::fstream file(ledger_path(directory.path()), std::ios::binary | std::ios::in | std::ios::out);
        const auto size = static_cast<std::streamoff>(fs::file_size(ledger_path(directory.path())));
        const std::string garbage(4096, '\x5a');
        for (std::streamoff at = size / 4 / 4096 * 4096; at < size / 2; at += 4096) {
            file.seekp(at);
            file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
        }
    }
    for (const ActionId id : ids) ledger->set_due(id, due_in(clock, 700'000), Phase::InForce);
    const Action action = ledger.action(250);
    REQUIRE(ledger.admit(action).has_value());
    CHECK(ledger.load(action.id).has_value());
    for (const ActionId id : ids) static_cast<void>(ledger.load(id));
    ledger.settle();
    const auto health = ledger->health();
    CHECK(health.writable);
    CHECK(health.problem.find("damaged") != std::string::npos);
    CHECK(health.problem.find("carried over") != std::string::npos);
    check_sound(ledger);
    CHECK(ledger
              .query(where([&](auto& q) {
                  q.pending_only = true;
                  q.limit = 5000;
              }))
              .size() > kActions / 4);
}

TEST_CASE("a ledger whose file is removed while in use is written anew with all it held") {
    const TemporaryDirectory directory;
    const SetClock clock;
    fill(directory.path(), clock);
    {
        OpenLedger ledger(directory.path(), clock);
        std::error_code refused;
        SUBCASE("the database") {
            fs::remove(ledger_path(directory.path()), refused);
        }
        SUBCASE("everything") {
            for (const auto& entry : fs::directory_iterator(directory.path())) fs::remove(entry.path(), refused);
        }
        REQUIRE(!refused == test::file_features().moved_in_use);
        ledger.arm(200);
        if (refused) {
            CHECK(ledger->health().problem.empty());
            return check_sound(ledger);
        }
        ledger.run_until([&] {
            ledger.settle();
            return !ledger->health().problem.empty();
        });
        CHECK(ledger->health().problem.find("removed") != std::string::npos);
        check_sound(ledger);
    }
    OpenLedger ledger(directory.path(), clock);
    CHECK(ledger.opened.set_aside.empty());
    CHECK(ledger.recover().armed == kActions + 2);
}
