// SPDX-License-Identifier: Apache-2.0
// Tests that cannot run here. A skipped test has not passed: it is counted and listed.
#pragma once

#include <string_view>

namespace riposte::test {

// Records that the running test case, or the rest of it, cannot run on this machine, and why. The caller returns after
// it. `reason` is a fixed sentence: together with the system and the name of the test case it is compared with
// tests/skips.txt, the list of skips that are expected. Prints "skipped: NAME: REASON" and, where the environment
// variable RIPOSTE_SKIPS names a file, appends "SYSTEM | NAME | REASON" to it. Only the test's own thread may call it.
void skip(std::string_view reason);

// How many skips this process has recorded.
int skips();

}  // namespace riposte::test
