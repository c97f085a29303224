// SPDX-License-Identifier: Apache-2.0
// Checks a property that must hold for every input. A violation aborts the fuzzer, which then keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace riposte {

inline void require(bool claim, const char* text) {
    if (claim) return;
    std::fprintf(stderr, "does not hold: %s\n", text);
    std::abort();
}

}  // namespace riposte
