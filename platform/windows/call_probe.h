// SPDX-License-Identifier: Apache-2.0
// Whether a call of the system's is one in deed and not by its name only. Private to platform/windows.
#pragma once

#include <windows.h>

namespace riposte {

// `ask_the_impossible` makes the call so that it must refuse, and returns its code. One that says yes does nothing; and
// Wine ends the thread that makes a call of which it has only the name, which is why it is made in a thread of its own.
bool is_real_call(DWORD (*ask_the_impossible)());

}  // namespace riposte
