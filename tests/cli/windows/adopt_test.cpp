// SPDX-License-Identifier: Apache-2.0
// Taking over from a stock agent, which Riposte does on Linux only.
#include "tests/cli/beside_agent.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

TEST_CASE("where it cannot be done, adopt and release say why and change nothing") {
    const BesideAgent beside;
    for (const Typed& typed : {beside.adopt(), beside.release()}) {
        CHECK(typed.code == kFailed);
        CHECK(contains(typed.err, "not supported"));
    }
    CHECK(beside.place.read(beside.config()) == beside.stock);
}
