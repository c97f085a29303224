// SPDX-License-Identifier: Apache-2.0
// The line in active-responses.log of an executable that the incumbent's execd or a person runs.
#pragma once

#include "platform/include/result.h"
#include "src/action/action.h"
#include "src/request/request.h"

#include <filesystem>
#include <string>

namespace riposte {

struct OwnLog {
    std::filesystem::path file;  // empty: nothing is to be written
    std::string executable;      // its file's name, as the line shall have it
};

// None under Riposte, which writes the line itself (is_run_by_riposte()). Else that of this program's home.
OwnLog own_log();

// That of home_of_own_program(), whoever runs it; none where the directory of the log is not there.
OwnLog log_of_this_home();

// "DATE TIME active-response/bin/NAME: text": what comes of it when the execution is over; no rule reads it as one.
Result<void> write_own_text(const OwnLog& log, const std::string& text);

// One line, as response_line() says, written whole, since others append to the same file. An Error if it could not be.
Result<void> write_own_line(const OwnLog& log, const Request& request, Verb verb, const Outcome& outcome);

}  // namespace riposte
