// SPDX-License-Identifier: Apache-2.0
// CreateProcess as Riposte needs it. Private to platform/windows.
#pragma once

#include "platform/include/spawn.h"
#include "platform/windows/job.h"
#include "platform/windows/unique_handle.h"

#include <array>
#include <cstdint>

namespace riposte {

struct StartedProcess {
    UniqueHandle process;
    DWORD pid = 0;
    Job job;
};

// Starts the request's executable in a job of its own and a process group of its own, with `handles` as its standard
// handles and no others.
Result<StartedProcess> start_process(const SpawnRequest& request, const std::array<HANDLE, 3>& handles);

// When the process was created, in 100 ns since 1601; 0 if that cannot be told.
std::uint64_t creation_time(HANDLE process);

}  // namespace riposte
