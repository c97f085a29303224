// SPDX-License-Identifier: Apache-2.0
#include "platform/include/clock.h"

#include "tests/platform/support.h"
#include "tests/support/clock.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>
#include <vector>

using namespace riposte;
using riposte::test::run_until;
using std::chrono::milliseconds;

template <class One, class Other>
constexpr bool kMix = requires(One one, Other other) {
    one - other;
}
|| requires(One one, Other other) {
    one < other;
};
static_assert(kMix<BootTime, BootTime> && kMix<WallTime, WallTime>);
static_assert(!kMix<BootTime, WallTime> && !kMix<WallTime, BootTime> && !kMix<BootTime, std::int64_t>);

TEST_CASE("the system clock tells wall time, boot time and a boot's name that stays the same") {
    const Clock& clock = system_clock();
    const auto wall = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
    CHECK(clock.wall_time() >= wall);
    CHECK(clock.wall_time() < wall + milliseconds(5000));
    const BootTime before = clock.boot_time();
    CHECK(before > BootTime());
    CHECK(clock.boot_time() >= before);
    CHECK(clock.boot_id().size() > 8);
    CHECK_FALSE(clock.boot_id().starts_with("unknown-"));
    CHECK(&system_clock() == &clock);
}

TEST_CASE("a boot timer is due at its time and not before, whatever the clock's offset") {
    boost::asio::io_context loop;
    for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{3'600'000}, std::int64_t{-3'600'000}}) {
        CAPTURE(offset);
        test::OffsetClock clock;
        clock.wall_offset = clock.boot_offset = offset;
        BootTimer timer(loop, clock);
        const BootTime target = clock.boot_time() + milliseconds(30);
        std::optional<BootTime> due_at;
        timer.wait_until(target, [&] { due_at = clock.boot_time(); });
        REQUIRE(run_until(loop, [&] { return due_at.has_value(); }));
        CHECK(*due_at >= target);
        CHECK(*due_at < target + milliseconds(5000));
    }
}

TEST_CASE("a boot timer whose time is past is due at once, from the loop and once only") {
    boost::asio::io_context loop;
    BootTimer timer(loop, system_clock());
    for (const BootTime target : {boot_time_of(-5), BootTime(), boot_time_of(1), system_clock().boot_time()}) {
        CAPTURE(to_ms(target));
        int calls = 0;
        timer.wait_until(target, [&] { ++calls; });
        CHECK(calls == 0);
        REQUIRE(run_until(loop, [&] { return calls > 0; }));
        loop.restart();
        loop.poll();
        CHECK(calls == 1);
    }
}

TEST_CASE("a later wait replaces an earlier one, even one that has just become due") {
    boost::asio::io_context loop;
    BootTimer timer(loop, system_clock());
    std::vector<int> calls;
    timer.wait_until(system_clock().boot_time() + milliseconds(3'600'000), [&] { calls.push_back(1); });
    timer.wait_until(system_clock().boot_time() + milliseconds(5), [&] { calls.push_back(2); });
    REQUIRE(run_until(loop, [&] { return !calls.empty(); }));
    CHECK(calls == std::vector<int>{2});

    calls.clear();
    const BootTime target = system_clock().boot_time() + milliseconds(1);
    timer.wait_until(target, [&] { calls.push_back(3); });
    REQUIRE(test::wait_until([&] { return system_clock().boot_time() > target + milliseconds(1); }));
    timer.wait_until(system_clock().boot_time() + milliseconds(20), [&] { calls.push_back(4); });
    REQUIRE(run_until(loop, [&] { return !calls.empty(); }));
    CHECK(calls == std::vector<int>{4});
}

TEST_CASE("a cancelled or destroyed boot timer calls nothing") {
    boost::asio::io_context loop;
    int calls = 0;
    BootTimer kept(loop, system_clock());
    kept.wait_until(BootTime(), [&] { ++calls; });
    kept.cancel();
    {
        BootTimer destroyed(loop, system_clock());
        destroyed.wait_until(BootTime(), [&] { ++calls; });
    }
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(30)));
    // It can be set again.
    kept.wait_until(BootTime(), [&] { ++calls; });
    REQUIRE(run_until(loop, [&] { return calls > 0; }));
    CHECK(calls == 1);
}

TEST_CASE("a boot timer may be destroyed or set again by its own handler") {
    boost::asio::io_context loop;
    auto timer = std::make_unique<BootTimer>(loop, system_clock());
    int calls = 0;
    timer->wait_until(BootTime(), [&] {
        ++calls;
        timer->wait_until(BootTime(), [&] {
            ++calls;
            timer.reset();
        });
    });
    REQUIRE(run_until(loop, [&] { return calls == 2; }));
    CHECK(timer == nullptr);
}

TEST_CASE("a boot timer goes by its own clock when that runs slower than real time") {
    boost::asio::io_context loop;
    test::SetClock clock;
    BootTimer timer(loop, clock);
    int calls = 0;
    timer.wait_until(clock.boot_time() + milliseconds(5), [&] { ++calls; });
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(30)));
    clock.pass(5);
    REQUIRE(run_until(loop, [&] { return calls > 0; }));
}

TEST_CASE("a boot timer takes the farthest time there is") {
    boost::asio::io_context loop;
    BootTimer timer(loop, system_clock());
    int calls = 0;
    timer.wait_until(BootTime::max(), [&] { ++calls; });
    CHECK_FALSE(run_until(
        loop, [&] { return calls > 0; }, std::chrono::milliseconds(20)));
}
