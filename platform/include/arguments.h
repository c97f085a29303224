// SPDX-License-Identifier: Apache-2.0
// The arguments and environment variables of this process, as UTF-8.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace riposte {

// The words after the program's name. Linux: as main() got them. Windows: from the command line itself, since main()'s
// are in the ANSI code page before Windows 10 1903, whatever the manifest says.
std::vector<std::string> program_arguments(int argc, const char* const* argv);

// Nothing if the variable is not set. Not for a process whose other threads change the environment.
std::optional<std::string> environment_variable(const char* name);

}  // namespace riposte
