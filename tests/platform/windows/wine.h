// SPDX-License-Identifier: Apache-2.0
// For tests of what Wine does not have; each says what it leaves out.
#pragma once

#include <windows.h>

namespace riposte::test {

inline bool is_wine() {
    return ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

}  // namespace riposte::test
