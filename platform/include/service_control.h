// SPDX-License-Identifier: Apache-2.0
// Riposte in the system's list of services: entered there, removed, started, stopped, asked after. Windows: by the
// service manager, under the name "Riposte"; all but the query are for administrators. Linux: not_supported, since the
// package brings a systemd unit; the error says which systemctl command does it.
#pragma once

#include "platform/include/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace riposte {

// Enters this program, with these arguments, as a service that the system starts some time after its boot and restarts
// when it ends with a failure: 5, 30 and then 60 seconds later, counted anew after a day without one. Its name as a
// source of the system's log is entered too. Returns what was not taken of that, a sentence each; the service works
// without. Error file_exists: one of this name is there already.
Result<std::vector<std::string>> install_service(const std::vector<std::string>& arguments);

// Stops it if it runs, waits for its end, and removes what install_service() entered. Error
// no_such_file_or_directory: there is none.
Result<void> remove_service();

// Both wait until it is done (a start: until the service says that it is ready), as long as the service shows signs of
// life. One that runs (or is stopped) already is left as it is.
Result<void> start_service();
Result<void> stop_service();

struct ServiceStatus {
    enum class Phase { NotInstalled, Stopped, Starting, Running, Stopping };
    Phase phase = Phase::NotInstalled;
    std::int64_t pid = 0;           // 0 unless a process is there
    int exit_code = 0;              // of the last run, in Stopped
    std::string command_line;       // what is run
    bool starts_by_itself = false;  // with the system
};
// A service that is not installed is no error.
Result<ServiceStatus> service_status();

}  // namespace riposte
