// SPDX-License-Identifier: Apache-2.0
// A tool of Windows' own, run to its end. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <vector>

namespace riposte {

// `name` is a file of the system directory. Gives its exit code; reads nothing that it prints. Errors: not_supported if
// there is no such file; timed_out after 20 seconds, when it was ended.
Result<unsigned long> run_system_tool(const wchar_t* name, const std::vector<std::string>& arguments);

}  // namespace riposte
