// SPDX-License-Identifier: Apache-2.0
#include "src/run/schedule.h"

#include "src/run/key_queues.h"

#include <doctest/doctest.h>

using namespace riposte;

namespace {

Ledger::Armed armed(ActionId id, const std::string& value, std::int64_t due_ms, const std::string& command = "block") {
    Ledger::Armed result;
    result.id = id;
    result.key = Key{"block", Key::Kind::Named, {value}}.digest();
    result.command = command;
    result.due.boot = boot_time_of(due_ms);
    return result;
}

}  // namespace

TEST_CASE("the earliest due time is the next, whatever the order of arming") {
    Schedule schedule;
    CHECK_FALSE(schedule.next_due());
    schedule.arm(armed(1, "a", 300));
    schedule.arm(armed(2, "b", 100));
    schedule.arm(armed(3, "c", 200));
    CHECK(schedule.next_due() == boot_time_of(100));
    schedule.set_due(2, boot_time_of(400));
    CHECK(schedule.next_due() == boot_time_of(200));
    schedule.remove(3);
    CHECK(schedule.next_due() == boot_time_of(300));
}

TEST_CASE("what is due is taken once, earliest first, and what is not due stays") {
    Schedule schedule;
    schedule.arm(armed(1, "a", 300));
    schedule.arm(armed(2, "b", 100));
    schedule.arm(armed(3, "c", 301));
    CHECK(schedule.take_due(boot_time_of(99)).empty());
    CHECK(schedule.take_due(boot_time_of(300)) == std::vector<ActionId>{2, 1});
    CHECK(schedule.take_due(boot_time_of(300)).empty());
    CHECK(schedule.next_due() == boot_time_of(301));
    CHECK(schedule.size() == 3);
}

TEST_CASE("a failed reversal is due again at its next try") {
    Schedule schedule;
    schedule.arm(armed(1, "a", 100));
    REQUIRE(schedule.take_due(boot_time_of(100)).size() == 1);
    CHECK_FALSE(schedule.next_due());
    schedule.set_retrying(1, boot_time_of(600), 1);
    CHECK(schedule.next_due() == boot_time_of(600));
    CHECK(schedule.retrying() == 1);
    CHECK(schedule.find(1)->failures == 1);
    schedule.remove(1);
    CHECK(schedule.retrying() == 0);
}

TEST_CASE("keys are compared as lists, never joined") {
    Schedule schedule;
    auto first = armed(1, "", 100);
    first.key = Key{"block", Key::Kind::Named, {"a", "b"}}.digest();
    schedule.arm(first);
    CHECK(schedule.find_key(Key{"block", Key::Kind::Named, {"a", "b"}}.digest())->id == 1);
    CHECK(schedule.find_key(Key{"block", Key::Kind::Named, {"a-b"}}.digest()) == nullptr);
    CHECK(schedule.find_key(Key{"block", Key::Kind::Named, {"ab"}}.digest()) == nullptr);
    CHECK(schedule.find_key(Key{"block", Key::Kind::Named, {"b", "a"}}.digest()) == nullptr);
    CHECK(schedule.find_key(Key{"other", Key::Kind::Named, {"a", "b"}}.digest()) == nullptr);
    CHECK(schedule.find_key(Key{"block", Key::Kind::Alert, {"a", "b"}}.digest()) == nullptr);
}

TEST_CASE("actions in force are counted per command") {
    Schedule schedule;
    schedule.arm(armed(1, "a", 1, "x"));
    schedule.arm(armed(2, "b", 1, "y"));
    schedule.arm(armed(3, "c", 1, "x"));
    schedule.arm(armed(3, "c", 5, "x"));
    CHECK(schedule.of_command("x") == 2);
    CHECK(schedule.of_command("y") == 1);
    CHECK(schedule.of_command("z") == 0);
    schedule.remove(1);
    CHECK(schedule.of_command("x") == 1);
    CHECK(schedule.size() == 2);
}

TEST_CASE("turns at a key come one at a time, in the order of asking") {
    KeyQueues turns;
    const Key::Digest key = Key{"x", Key::Kind::Named, {"1"}}.digest();
    const Key::Digest other = Key{"x", Key::Kind::Named, {"2"}}.digest();
    std::string order;
    turns.take(key, [&] { order += 'a'; });
    turns.take(key, [&] { order += 'b'; });
    turns.take(key, [&] { order += 'c'; });
    turns.take(other, [&] { order += 'x'; });
    CHECK(order == "ax");
    turns.release(key);
    CHECK(order == "axb");
    turns.release(key);
    CHECK(order == "axbc");
    turns.release(key);
    CHECK_FALSE(turns.is_taken(key));
    turns.release(other);
    CHECK(turns.size() == 0);
}
