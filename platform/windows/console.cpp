// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/console.h"

#include <array>
#include <cstddef>

namespace riposte {
namespace {

BOOL WINAPI ignore_event(DWORD) {
    return TRUE;
}

bool has_console() {
    DWORD first = 0;
    return ::GetConsoleProcessList(&first, 1) != 0;
}

bool allocate_hidden() {
    // A new console puts itself in the place of the standard handles.
    constexpr std::array<DWORD, 3> kNames{STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    std::array<HANDLE, 3> before{};
    for (std::size_t index = 0; index < kNames.size(); ++index) before[index] = ::GetStdHandle(kNames[index]);
    const bool allocated = ::AllocConsole() != 0;
    for (std::size_t index = 0; index < kNames.size(); ++index) ::SetStdHandle(kNames[index], before[index]);
    if (!allocated) return false;
    ::ShowWindow(::GetConsoleWindow(), SW_HIDE);
    return ::SetConsoleCtrlHandler(ignore_event, TRUE) != 0;
}

}  // namespace

void ensure_console() {
    // If it fails, children run without one and cannot be asked to end.
    [[maybe_unused]] static const bool there = has_console() || allocate_hidden();
}

bool send_break(DWORD group) {
    return ::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group) != 0;
}

}  // namespace riposte
