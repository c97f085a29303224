// SPDX-License-Identifier: Apache-2.0
// Tests that cannot run here. A skipped test has not passed: it is counted and listed.
#pragma once

#include <cstddef>
#include <string_view>

namespace riposte::test {

// Records that the running test case, or a part of it that `reason` names, cannot run on this machine, and why. The
// caller leaves that part out after it. `reason` is a fixed sentence: together with the system and the name of the test
// case it is compared with tests/skips.txt, the list of skips that are expected. Values such as error numbers belong
// into a MESSAGE beside it. Prints "skipped: NAME: REASON" and, where the environment variable RIPOSTE_SKIPS names a
// file, appends "SYSTEM | NAME | REASON" to it; the same reason a second time in one test case does nothing. Throws
// std::system_error if the file cannot be written, so that no skip is lost. Only the test's own thread may call it.
void skip(std::string_view reason);

// How many skips this process has recorded.
std::size_t skips();

}  // namespace riposte::test
