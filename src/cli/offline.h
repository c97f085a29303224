// SPDX-License-Identifier: Apache-2.0
// Undoing where no service runs: a service in this process that takes no requests from outside, for as long as it
// lives.
#pragma once

#include "src/cli/service_run.h"

#include <memory>
#include <thread>

namespace riposte {

class OfflineService {
  public:
    // The ledger alone says which actions are undone and by which executables, so a configuration with errors is no
    // obstacle: the defaults take its place. An Error if a service serves that state directory.
    static Result<std::unique_ptr<OfflineService>> start(Setup setup);
    // Waits for the end of what runs.
    ~OfflineService();
    OfflineService(const OfflineService&) = delete;
    OfflineService& operator=(const OfflineService&) = delete;

  private:
    explicit OfflineService(Setup setup);
    Service service_;
    std::thread thread_;
};

}  // namespace riposte
