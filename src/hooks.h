// SPDX-License-Identifier: Apache-2.0
// Where the tests can take hold of the shipped program: the crash test ends it at a named step, the clock tests change
// its time. The product links src/hooks.cpp, in which reached() does nothing and clock() is the system's; the tests
// link their own.
#pragma once

#include "platform/include/clock.h"

namespace riposte::hooks {

void reached(const char* step);
const Clock& clock();

}  // namespace riposte::hooks
