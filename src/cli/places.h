// SPDX-License-Identifier: Apache-2.0
// Where this invocation's files are, and what the configuration there says. The command line wins over the environment,
// that over <home>, and that over the system's defaults.
#pragma once

#include "src/cli/command_line.h"
#include "src/config/config.h"

#include <boost/json/fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace riposte {

std::filesystem::path state_directory(const Arguments& arguments);

// The options that name the same places from anywhere: "--state", "/x/y" for each that the command line or the
// environment names.
std::vector<std::string> named_places(const Arguments& arguments);

struct Setup {
    std::filesystem::path config_file;
    bool config_exists = false;
    std::filesystem::path home;
    std::filesystem::path state;
    Config config;
    Diagnostics found;
};

// Riposte's own configuration, or the defaults where none is; then, beside an agent, the commands and active responses
// of its own ossec.conf that Riposte's does not define itself. Errors in the agent's file are warnings: it is not
// Riposte's to refuse. A file that was named and is missing is an error among the findings.
Setup load_setup(const Arguments& arguments);
// The same for places settled before, as a reload needs it.
void reload_setup(Setup& setup, bool config_named);
bool config_is_named(const Arguments& arguments);

}  // namespace riposte
