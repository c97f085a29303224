// SPDX-License-Identifier: Apache-2.0
// A full disk: a small file system of its own, which only Linux makes for a test.
#include "src/ledger/ledger.h"
#include "tests/ledger/fixtures.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <fstream>
#include <sys/mount.h>
#include <system_error>

using namespace riposte;
using namespace riposte::testing;

namespace fs = std::filesystem;

TEST_CASE("a full disk refuses admissions, keeps the other writes and recovers by itself") {
    const TemporaryDirectory directory;
    if (mount("riposte", directory.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") != 0) {
        MESSAGE(std::system_category().message(errno));
        riposte::test::skip("a small file system cannot be mounted here");
        return;
    }
    const std::shared_ptr<void> unmount(nullptr, [&](void*) { umount2(directory.path().c_str(), MNT_DETACH); });
    const SetClock clock;
    OpenLedger ledger(directory.path(), clock);
    std::vector<ActionId> armed;
    for (int n = 0; n < 20; ++n) armed.push_back(ledger.arm(n));
    ledger.settle();

    const fs::path filler = directory.path() / "filler";
    {
        std::ofstream out(filler, std::ios::binary);
        const std::string block(4096, 'f');
        while (out.write(block.data(), static_cast<std::streamsize>(block.size())) && out.flush()) {
        }
    }
    // The log may still have room of its own.
    std::vector<ActionId> admitted;
    Result<void> refused;
    Action action;
    for (int n = 0; n < 1000 && refused; ++n) {
        action = ledger.action(n % 250);
        action.input.document = R"({"command":"","full_log":")" + std::string(30'000, 'x') + R"("})";
        refused = ledger.admit(action);
        if (refused) admitted.push_back(action.id);
    }
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == std::errc::no_space_on_device);
    CHECK(!ledger.load(action.id).has_value());
    CHECK(!ledger->health().writable);
    CHECK(!ledger->health().problem.empty());

    // These are more than any room that is left; none of them may be lost.
    int closed = 0;
    const std::string output(4000, 'o');
    for (int round = 0; round < 30; ++round)
        for (const ActionId id : armed)
            ledger->finish_reverse(id, {Outcome::Kind::Failed, 1, 0, {}, "", output + std::to_string(round)},
                                   Phase::Retrying, due_in(clock, 5000), round + 1);
    for (const ActionId id : armed)
        ledger->finish_reverse(id, {Outcome::Kind::Success, 0, 0, {}, "", output}, Phase::Closed, {}, 30,
                               [&](const Result<void>& result) { closed += result.has_value() ? 1 : 0; });
    CHECK(ledger.offence({"drop", Key::Kind::Named, {"x"}}, std::chrono::hours(1)) == 0);
    CHECK(!ledger.load(action.id).has_value());

    fs::remove(filler);
    ledger.run_until([&] { return closed == 20 && ledger->health().writable; });
    CHECK(ledger->health().writes_waiting == 0);
    CHECK(ledger->health().problem.empty());
    for (const ActionId id : armed) {
        const auto now = ledger.load(id);
        REQUIRE(now.has_value());
        CHECK(now->phase == Phase::Closed);
        CHECK(now->failures == 30);
    }
    for (const ActionId id : admitted) CHECK(ledger.load(id).has_value());
    CHECK(ledger.admit(ledger.action(1)).has_value());
    CHECK(ledger.offence({"drop", Key::Kind::Named, {"x"}}, std::chrono::hours(1)) == 1);
    ledger.close();
}
