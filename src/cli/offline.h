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
    // What is undone, and by what, is in the ledger, so a configuration that has errors does not stand in the way: the
    // defaults stand for it. An Error if a service serves that state directory.
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
