// SPDX-License-Identifier: Apache-2.0
// Messages of the running service to the administrator, through Poco's logger: standard error, or the system's log
// under a service manager.
#pragma once

#include <Poco/Logger.h>

#include <string>

namespace riposte {

// Call once, before the first log(). Level: "error", "warning", "information", "debug".
void start_log(const std::string& level);
Poco::Logger& log();

}  // namespace riposte
