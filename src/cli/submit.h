// SPDX-License-Identifier: Apache-2.0
// Messages on their way to the service.
#pragma once

#include "platform/include/result.h"
#include "src/cli/command_line.h"

#include <cstddef>
#include <string>
#include <vector>

namespace riposte {

// Hands the messages to the service and, following, tells their story to its end. Returns the exit code.
int submit_messages(const Invocation& invocation, const std::vector<std::string>& messages, bool follow);

// A file, or standard input for "-", up to `limit` bytes; an Error if there is more.
Result<std::string> read_input(const Invocation& invocation, const std::string& name, std::size_t limit);

}  // namespace riposte
