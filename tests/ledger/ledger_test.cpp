// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/ledger.h"

#include "src/ledger/salvage.h"
#include "src/ledger/schema.h"
#include "src/ledger/store.h"
#include "tests/ledger/fixtures.h"

#include <doctest/doctest.h>

#include <array>
#include <set>

using namespace riposte;
using namespace riposte::testing;

TEST_CASE("an admitted action is read back with every field, also after the ledger was closed") {
    const TemporaryDirectory directory;
    const SetClock clock;
    Action action;
    {
        OpenLedger ledger(directory.path(), clock);
        CHECK(ledger.opened.created);
        action = ledger.action(7);
        action.user = "\"; DROP TABLE action; --";
        action.filename = "/tmp/\xc3\xbc";
        action.key = {"firewall-drop", Key::Kind::Alert, {"203.0.113.7", action.user}};
        action.input.dialect = Dialect::Ossec;
        action.input.document.clear();
        action.input.arguments = {"-", "203.0.113.7", "", "with space"};
        REQUIRE(ledger.admit(action).has_value());
    }
    OpenLedger ledger(directory.path(), clock);
    CHECK(!ledger.opened.created);
    CHECK(ledger.opened.set_aside.empty());
    const auto loaded = ledger.load(action.id);
    REQUIRE(loaded.has_value());
    CHECK(loaded->name == action.name);
    CHECK(loaded->command == action.command);
    CHECK(loaded->executable == action.executable);
    CHECK(loaded->channel == action.channel);
    CHECK(loaded->srcip == action.srcip);
    CHECK(loaded->user == action.user);
    CHECK(loaded->filename == action.filename);
    CHECK(loaded->rule_id == action.rule_id);
    CHECK(loaded->alert_id == action.alert_id);
    CHECK(loaded->key == action.key);
    CHECK(loaded->input.dialect == Dialect::Ossec);
    CHECK(loaded->input.arguments == action.input.arguments);
    CHECK(loaded->timeout == action.timeout);
    CHECK(loaded->deadline == action.deadline);
    CHECK(loaded->received_wall == action.received_wall);
    CHECK(loaded->received_boot == action.received_boot);
    CHECK(loaded->phase == Phase::Admitted);
    CHECK(!loaded->apply_finished);
    CHECK(!ledger.load(action.id + 1).has_value());
}

TEST_CASE("an action goes from admitted through in force and retrying to closed") {
    const TemporaryDirectory directory;
    SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    const Action made = ledger.action(1);
    REQUIRE(ledger.admit(made).has_value());

    const Key named{"firewall-drop", Key::Kind::Named, {"203.0.113.1", "inbound"}};
    ledger->set_in_force(made.id, named, due_in(clock, 600'000));
    const WallTime applied = clock.wall_time();
    auto now = ledger.load(made.id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::InForce);
    CHECK(now->key == named);
    CHECK(to_ms(now->due.boot) == to_ms(clock.boot_time()) + 600'000);
    CHECK(now->applied_wall == applied);

    clock.pass(1000);
    ledger->finish_apply(made.id,
                         {Outcome::Kind::Failed, 3, 0, std::chrono::milliseconds(1000), "it said no", "output"},
                         Phase::InForce, now->due);
    ledger->set_due(made.id, due_in(clock, 900'000), Phase::InForce);
    now = ledger.load(made.id);
    REQUIRE(now.has_value());
    CHECK(now->apply_finished);
    CHECK(now->apply.kind == Outcome::Kind::Failed);
    CHECK(now->apply.exit_code == 3);
    CHECK(now->apply.duration.count() == 1000);
    CHECK(now->apply.text == "it said no");
    CHECK(now->apply.output == "output");
    CHECK(to_ms(now->due.wall) == to_ms(clock.wall_time()) + 900'000);
    CHECK(now->applied_wall == applied);
    CHECK(!now->input.document.empty());

    clock.pass(900'000);
    ledger->finish_reverse(made.id, {Outcome::Kind::Deadline, 0, 9, std::chrono::milliseconds(60'000), "", ""},
                           Phase::Retrying, due_in(clock, 5000), 1);
    now = ledger.load(made.id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::Retrying);
    CHECK(now->failures == 1);
    CHECK(now->reverse.signal == 9);
    CHECK(ledger.query(where([&](auto& q) { q.pending_only = true; })) == std::vector<ActionId>{made.id});

    const auto closed =
        ledger.ask<Result<void>>([&](auto done) { ledger->finish_reverse(made.id, {}, Phase::Closed, {}, 1, done); });
    CHECK(closed.has_value());
    now = ledger.load(made.id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::Closed);
    CHECK(now->reverse_finished);
    CHECK(now->input.document.empty());
    CHECK(ledger.query(where([&](auto& q) { q.pending_only = true; })).empty());

    ledger->set_due(made.id, due_in(clock, 1), Phase::InForce);
    now = ledger.load(made.id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::Closed);
}

TEST_CASE("an operator's giving up ends an action, and a later success of its reversal is still recorded") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    const ActionId id = ledger.arm(1);
    ledger->abandon(id);
    ledger->finish_reverse(id, {}, Phase::Retrying, due_in(clock, 5000), 1);
    auto now = ledger.load(id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::Abandoned);
    CHECK(!now->reverse_finished);
    ledger->finish_reverse(id, {}, Phase::Closed, {}, 1);
    now = ledger.load(id);
    REQUIRE(now.has_value());
    CHECK(now->phase == Phase::Closed);
}

TEST_CASE("an id that is taken is refused without harm to what was admitted with it") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    const Action first = ledger.action(1);
    const Action second = ledger.action(2);
    std::vector<bool> admitted;
    for (const Action& action : {first, first, second})
        ledger->admit(action, [&](const Result<void>& result) { admitted.push_back(result.has_value()); });
    ledger.run_until([&] { return admitted.size() == 3; });
    CHECK(admitted == std::vector<bool>{true, false, true});
    CHECK(ledger.load(second.id).has_value());
    CHECK(ledger->health().writable);
    CHECK(ledger->health().actions_admitted == 2);
}

TEST_CASE("many admissions share a commit, and those that need no sync get none") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    constexpr int kActions = 400;
    std::vector<ActionId> ids;
    int done = 0;
    for (int n = 0; n < kActions; ++n) {
        const Action action = ledger.action(n);
        ids.push_back(action.id);
        ledger->admit(action, [&](const Result<void>& result) { done += result.has_value() ? 1 : 0; });
    }
    ledger.run_until([&] { return done == kActions; });
    auto health = ledger->health();
    CHECK(health.actions_admitted == kActions);
    CHECK(health.synced_commits <= health.commits);
    CHECK(health.commits < kActions);
    const auto synced = health.synced_commits;
    for (const ActionId id : ids)
        ledger->set_in_force(id, {"firewall-drop", Key::Kind::Named, {"x"}}, due_in(clock, 1000));
    ledger.settle();
    health = ledger->health();
    CHECK(health.synced_commits == synced);
    CHECK(health.commits > synced);
    CHECK(health.bytes > 0);
    CHECK(health.writes_waiting == 0);
}

TEST_CASE("the loop stays for answers and no longer") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    bool answered = false;
    ledger->admit(ledger.action(1), [&](const Result<void>&) { answered = true; });
    ledger.loop.run();
    CHECK(answered);
}

TEST_CASE("closing carries out what was asked for and drops answers that nobody can take any more") {
    const TemporaryDirectory directory;
    const SetClock clock;
    Action action;
    {
        OpenLedger ledger(directory.path(), clock);
        action = ledger.action(1);
        ledger->admit(action, [](const Result<void>&) { FAIL("answered after the ledger was closed"); });
        ledger->set_in_force(action.id, action.key, due_in(clock, 1000));
        ledger.close();
        ledger.loop.run();
    }
    OpenLedger ledger(directory.path(), clock);
    const auto loaded = ledger.load(action.id);
    REQUIRE(loaded.has_value());
    CHECK(loaded->phase == Phase::InForce);
}

TEST_CASE("an answer may close the ledger that gives it") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    bool first = false;
    ledger->admit(ledger.action(1), [&](const Result<void>&) {
        first = true;
        ledger.close();
    });
    ledger->admit(ledger.action(2), [](const Result<void>&) { FAIL("answered after the ledger was closed"); });
    ledger->load(1, [](const Result<Action>&) { FAIL("answered after the ledger was closed"); });
    ledger.run_until([&] { return first; });
    ledger.loop.restart();
    ledger.loop.run();
}

TEST_CASE("ids grow over restarts and crashes and never come back") {
    const TemporaryDirectory directory;
    const SetClock clock;
    ActionId last = 0;
    for (int start = 0; start < 3; ++start) {
        OpenLedger ledger(directory.path(), clock);
        for (int n = 0; n < 2500; ++n) {
            const ActionId id = ledger->next_id();
            REQUIRE(id > last);
            last = id;
        }
    }
    // As after a crash: the copy holds what was on the disk while the ledger was open.
    OpenLedger ledger(directory.path(), clock);
    for (int n = 0; n < 300; ++n) last = ledger->next_id();
    const TemporaryDirectory copy;
    for (const char* name : {"ledger.db", "ledger.db-wal"})
        std::filesystem::copy(directory.path() / name, copy.path() / name);
    OpenLedger after(copy.path(), clock);
    CHECK(after->next_id() > last);
}

TEST_CASE("offences are counted per key, survive a restart and are forgotten in time or by an operator") {
    const TemporaryDirectory directory;
    SetClock clock;
    constexpr std::chrono::hours kForget{24};
    const Key one{"firewall-drop", Key::Kind::Named, {"203.0.113.1"}};
    const Key other{"firewall-drop", Key::Kind::Named, {"203.0.113.2", "x"}};
    {
        OpenLedger ledger(directory.path(), clock);
        CHECK(ledger.offence(one, kForget) == 0);
        CHECK(ledger.offence(one, kForget) == 1);
        CHECK(ledger.offence(other, kForget) == 0);
    }
    OpenLedger ledger(directory.path(), clock);
    CHECK(ledger.offence(one, kForget) == 2);
    clock.pass(std::chrono::milliseconds(kForget).count());
    CHECK(ledger.offence(one, kForget) == 3);
    clock.pass(std::chrono::milliseconds(kForget).count() + 1);
    CHECK(ledger.offence(one, kForget) == 0);

    CHECK(ledger.offence(other, kForget) == 0);
    const auto forget = [&](std::optional<std::string> value) {
        return ledger.ask<std::int64_t>([&](auto done) { ledger->forget_offenders(value, done); });
    };
    CHECK(forget("203.0.113") == 0);
    CHECK(forget("x") == 1);
    CHECK(ledger.offence(other, kForget) == 0);
    CHECK(forget(std::nullopt) == 2);
    CHECK(ledger.offence(one, kForget) == 0);
}

TEST_CASE("offenders never grow beyond their bound") {
    const TemporaryDirectory directory;
    SetClock clock;
    Store store(ledger_path(directory.path()), clock, Store::Mode::ReadWrite, {.offenders = 100});
    for (int n = 0; n < 500; ++n) {
        clock.pass(10);
        store.begin(false);
        store.count_offence({"drop", Key::Kind::Named, {std::to_string(n)}}, std::chrono::hours(1), Moment::of(clock));
        store.commit();
    }
    CHECK(store.connection().integer("SELECT count(*) FROM offender") == 100);
    const Key newest{"drop", Key::Kind::Named, {"499"}};
    const Key oldest{"drop", Key::Kind::Named, {"0"}};
    CHECK(store.offences(newest, std::chrono::hours(1), Moment::of(clock)) == 1);
    CHECK(store.offences(oldest, std::chrono::hours(1), Moment::of(clock)) == 0);

    clock.pass(std::chrono::milliseconds(std::chrono::hours(2)).count());
    for (int n = 0; n < 50; ++n) {
        store.begin(false);
        store.count_offence(newest, std::chrono::hours(1), Moment::of(clock));
        store.commit();
    }
    CHECK(store.connection().integer("SELECT count(*) FROM offender") == 1);
}

TEST_CASE("a query finds actions by target, command, time and state, in either order and in pages") {
    const TemporaryDirectory directory;
    SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    const ActionId armed = ledger.arm(1);
    clock.pass(1000);
    Action other = ledger.action(2);
    other.command = "disable-account";
    other.executable = "disable-account.sh";
    other.user = "mallory";
    other.filename = "/etc/passwd";
    other.key = {other.executable, Key::Kind::Named, {"mallory", "tty1"}};
    REQUIRE(ledger.admit(other).has_value());
    Action stateless = ledger.action(3, 0);
    REQUIRE(ledger.admit(stateless).has_value());
    Action closed = ledger.action(1);
    REQUIRE(ledger.admit(closed).has_value());
    ledger->finish_apply(closed.id, {}, Phase::Closed, {});

    using Ids = std::vector<ActionId>;
    CHECK(ledger.query({}) == Ids{armed, other.id, stateless.id, closed.id});
    CHECK(ledger.query(where([&](auto& q) { q.oldest_first = false; })) ==
          Ids{closed.id, stateless.id, other.id, armed});
    CHECK(ledger.query(where([&](auto& q) { q.pending_only = true; })) == Ids{armed, other.id});
    CHECK(ledger.query(where([&](auto& q) { q.id = other.id; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) { q.target = "203.0.113.1"; })) == Ids{armed, closed.id});
    CHECK(ledger.query(where([&](auto& q) { q.target = "mallory"; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) { q.target = "tty1"; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) { q.target = "/etc/passwd"; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) { q.target = "203.0.113"; })).empty());
    CHECK(ledger.query(where([&](auto& q) { q.target = "%"; })).empty());
    CHECK(ledger.query(where([&](auto& q) { q.command = "disable-account"; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) { q.command = "disable-account.sh"; })) == Ids{other.id});
    CHECK(ledger.query(where([&](auto& q) {
        q.command = "firewall-drop";
        q.since = clock.wall_time();
    })) == Ids{stateless.id, closed.id});
    CHECK(ledger.query(where([&](auto& q) { q.limit = 2; })) == Ids{armed, other.id});
    CHECK(ledger.query(where([&](auto& q) {
        q.after_id = other.id;
        q.limit = 2;
    })) == Ids{stateless.id, closed.id});
    CHECK(ledger.query(where([&](auto& q) {
        q.oldest_first = false;
        q.after_id = stateless.id;
        q.limit = 5;
    })) == Ids{other.id, armed});
    CHECK(ledger.query(where([&](auto& q) { q.limit = 0; })).empty());
    CHECK(ledger.query(where([&](auto& q) {
        q.pending_only = true;
        q.target = "203.0.113.1";
        q.command = "firewall-drop";
    })) == Ids{armed});
}

TEST_CASE("a query over more actions than one slice finds each of them once") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    constexpr int kActions = 4500;
    std::vector<ActionId> all;
    int done = 0;
    for (int n = 0; n < kActions; ++n) {
        const Action action = ledger.action(n % 100);
        all.push_back(action.id);
        ledger->admit(action, [&](const Result<void>&) { ++done; });
    }
    ledger.run_until([&] { return done == kActions; });
    CHECK(ledger.query(where([&](auto& q) { q.limit = 5000; })) == all);
    CHECK(ledger.query(where([&](auto& q) { q.limit = 1'000'000; })) == all);
    std::vector<ActionId> paged;
    while (true) {
        const auto page = ledger.query(where([&](auto& q) {
            q.oldest_first = false;
            q.after_id = paged.empty() ? 0 : paged.back();
            q.limit = 1700;
        }));
        if (page.empty()) break;
        paged.insert(paged.end(), page.begin(), page.end());
    }
    std::reverse(paged.begin(), paged.end());
    CHECK(paged == all);
    CHECK(ledger.query(where([&](auto& q) { q.target = "203.0.113.99"; })).size() == 45);
}

TEST_CASE("a ledger that no service has open can be queried, and one in use says so") {
    const TemporaryDirectory directory;
    const SetClock clock;
    const auto missing = query_closed_ledger(directory.path(), clock, {});
    REQUIRE(!missing.has_value());
    CHECK(missing.error().code == std::errc::no_such_file_or_directory);
    ActionId id = 0;
    {
        OpenLedger ledger(directory.path(), clock);
        id = ledger.arm(1);
        ledger.settle();
        const auto busy = query_closed_ledger(directory.path(), clock, {});
        REQUIRE(!busy.has_value());
        CHECK(busy.error().code == std::errc::device_or_resource_busy);
    }
    const auto found = query_closed_ledger(directory.path(), clock, where([&](auto& q) { q.pending_only = true; }));
    REQUIRE(found.has_value());
    REQUIRE(found->size() == 1);
    CHECK(found->front().id == id);
    CHECK(to_ms(found->front().due.boot) == to_ms(clock.boot_time()) + 600'000);

    SetClock later;
    later.id = "boot-2";
    later.boot = 1000;
    const auto rebooted = query_closed_ledger(directory.path(), later, {});
    REQUIRE(rebooted.has_value());
    CHECK(to_ms(rebooted->front().due.boot) == 1000 + 600'000);
}

TEST_CASE("history is pruned by age and by number, a few at a time, and what is in force stays") {
    const TemporaryDirectory directory;
    SetClock clock;
    Store store(ledger_path(directory.path()), clock, Store::Mode::ReadWrite,
                {.age = std::chrono::hours(1), .actions = 30, .offenders = 10});
    const auto add = [&](ActionId id, bool close) {
        Action action;
        action.id = id;
        action.executable = "drop";
        action.key.executable = "drop";
        action.timeout = std::chrono::seconds(1);
        store.admit(action);
        if (close)
            store.finish_apply(id, {Outcome::Kind::Success, 0, 0, {}, "", "output"}, Phase::Closed, {},
                               Moment::of(clock));
        else
            store.set_in_force(id, action.key, due_in(clock, 1000), Moment::of(clock));
    };
    const auto count = [&](const std::string& table) {
        return store.connection().integer(("SELECT count(*) FROM " + table).c_str());
    };
    store.begin(false);
    for (ActionId id = 1; id <= 100; ++id) add(id, id > 5);
    store.prune(Moment::of(clock), 10);
    store.commit();
    CHECK(count("action") == 90);
    CHECK(count("action WHERE phase=1") == 5);
    CHECK(count("action WHERE id BETWEEN 6 AND 15") == 0);

    // A prune that is rolled back counts nothing.
    store.begin(false);
    store.prune(Moment::of(clock), 1000);
    store.rollback();
    store.begin(false);
    store.prune(Moment::of(clock), 1000);
    store.commit();
    CHECK(count("action WHERE phase=3") == 30);
    CHECK(count("output") == 30);

    clock.pass(std::chrono::milliseconds(std::chrono::hours(1)).count() + 1);
    store.begin(false);
    store.abandon(1, Moment::of(clock));
    store.prune(Moment::of(clock), 1000);
    store.commit();
    CHECK(count("action WHERE phase=3") == 0);
    CHECK(count("action WHERE phase=4") == 1);
    CHECK(count("output") == 0);
    CHECK(count("told") == 4);
}

TEST_CASE("what an execution printed is kept in part only") {
    const TemporaryDirectory directory;
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    const ActionId id = ledger.arm(1);
    ledger->finish_apply(id,
                         {Outcome::Kind::Success, 0, 0, {}, std::string(5000, 't'), std::string(10'000, 'o') + "end"},
                         Phase::InForce, due_in(clock, 1));
    const auto now = ledger.load(id);
    REQUIRE(now.has_value());
    CHECK(now->apply.output.size() == 4096);
    CHECK(now->apply.output.ends_with("end"));
    CHECK(now->apply.text.size() == 1024);
}

TEST_CASE("an older schema is migrated in one step and a newer one is refused") {
    const TemporaryDirectory directory;
    const std::array steps{Migration{1, "CREATE TABLE a(x); INSERT INTO a VALUES(1)"},
                           Migration{2, "ALTER TABLE a ADD COLUMN y DEFAULT 7"}};
    const auto file = directory.path() / "migrated.db";
    {
        sqlite::Connection connection(file, sqlite::Connection::Mode::ReadWrite);
        CHECK(migrate(connection, std::span(steps).first(1)) == 0);
        CHECK(migrate(connection, std::span(steps).first(1)) == 1);
    }
    sqlite::Connection connection(file, sqlite::Connection::Mode::ReadWrite);
    CHECK(migrate(connection, steps) == 1);
    CHECK(connection.integer("SELECT y FROM a") == 7);
    CHECK(connection.integer("PRAGMA user_version") == 2);
    CHECK_THROWS_AS(migrate(connection, std::span(steps).first(1)), NewerSchema);

    const std::array bad{steps[0], steps[1], Migration{3, "CREATE TABLE b(x); CREATE TABLE a(x)"}};
    CHECK_THROWS_AS(migrate(connection, bad), sqlite::SqlError);
    CHECK(connection.integer("PRAGMA user_version") == 2);
    CHECK(connection.integer("SELECT count(*) FROM sqlite_schema WHERE name='b'") == 0);
}

TEST_CASE("a ledger of each earlier schema is brought up to date, and all that it holds is still to be undone") {
    constexpr std::int64_t kWrittenWallMs = 1'767'222'000'000;
    constexpr std::int64_t kHour = 3'600'000;
    constexpr std::int64_t kTenYears = 10 * 365 * 24 * kHour;
    const SetClock clock;
    for (const Migration& migration : migrations()) {
        CAPTURE(migration.version);
        // A new version comes with a ledger that it wrote, which holds these two actions too.
        const auto stored =
            std::filesystem::path(RIPOSTE_TEST_DATA) / "ledger/schemas" / (std::to_string(migration.version) + ".sql");
        REQUIRE(std::filesystem::exists(stored));
        const TemporaryDirectory directory;
        sqlite::Connection(ledger_path(directory.path()), sqlite::Connection::Mode::ReadWrite)
            .execute(test::read_file(stored).c_str());

        OpenLedger ledger(directory.path(), clock);
        CHECK(ledger.opened.set_aside.empty());
        CHECK(ledger.recover().armed == 2);
        REQUIRE(ledger.armed.size() == 2);
        CHECK(to_ms(ledger.armed.at(1).due.boot) <= to_ms(clock.boot_time()));
        CHECK(to_ms(ledger.armed.at(2).due.boot) ==
              to_ms(clock.boot_time()) + kWrittenWallMs + kTenYears - to_ms(clock.wall_time()));
        for (const ActionId id : {1, 2}) {
            const Result<Action> action = ledger.load(id);
            REQUIRE(action.has_value());
            CHECK(action->phase == Phase::InForce);
            CHECK(action->executable == "ip-customblock");
            CHECK(action->key.values == std::vector<std::string>{"203.0.113." + std::to_string(id)});
            CHECK(action->input.document.find(action->srcip) != std::string::npos);
        }
        CHECK(ledger.offence({"ip-customblock", Key::Kind::Named, {"203.0.113.1"}}, std::chrono::hours(24 * 30)) == 1);
        ledger.close();
        sqlite::Connection now(ledger_path(directory.path()), sqlite::Connection::Mode::ReadOnly);
        CHECK(now.integer("PRAGMA user_version") == migrations().back().version);
    }
}

TEST_CASE("a ledger of a later Riposte is refused and left alone") {
    const TemporaryDirectory directory;
    const SetClock clock;
    { OpenLedger ledger(directory.path(), clock); }
    {
        sqlite::Connection(ledger_path(directory.path()), sqlite::Connection::Mode::ReadWrite)
            .execute("PRAGMA user_version=99");
    }
    boost::asio::io_context loop;
    Ledger::Opened opened;
    const auto refused = Ledger::open(loop, clock, directory.path(), opened);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().text().find("version 99") != std::string::npos);
    CHECK(opened.set_aside.empty());
    CHECK(!query_closed_ledger(directory.path(), clock, {}).has_value());
    sqlite::Connection connection(ledger_path(directory.path()), sqlite::Connection::Mode::ReadWrite);
    CHECK(connection.integer("PRAGMA user_version") == 99);
}

TEST_CASE("a state directory that is missing is an error that names the ledger") {
    const TemporaryDirectory directory;
    const SetClock clock;
    boost::asio::io_context loop;
    Ledger::Opened opened;
    const auto failed = Ledger::open(loop, clock, directory.path() / "missing", opened);
    REQUIRE(!failed.has_value());
    CHECK(failed.error().text().find("ledger.db") != std::string::npos);
}
