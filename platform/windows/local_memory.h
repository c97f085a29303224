// SPDX-License-Identifier: Apache-2.0
// Owners for what Windows allocates for its caller. Private to platform/windows.
#pragma once

#include <memory>
#include <windows.h>

namespace riposte {

struct LocalFreer {
    void operator()(void* memory) const { ::LocalFree(memory); }
};
// For the calls whose results are given back with LocalFree().
template <class T>
using LocalPointer = std::unique_ptr<T, LocalFreer>;

}  // namespace riposte
