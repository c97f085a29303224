// SPDX-License-Identifier: Apache-2.0
// A process and all that it starts, ended as one. Private to platform/windows.
#pragma once

#include "platform/include/result.h"
#include "platform/windows/unique_handle.h"

namespace riposte {

// Ends what is in it when it is destroyed, or when this process ends, however it does.
class Job {
  public:
    static Result<Job> create();

    Result<void> add(HANDLE process) const;
    void end_all() const;
    bool is_empty() const;
    // From now on, the processes in the job survive its destruction.
    void let_go() const;

  private:
    explicit Job(UniqueHandle handle) : handle_(std::move(handle)) {}
    UniqueHandle handle_;
};

}  // namespace riposte
