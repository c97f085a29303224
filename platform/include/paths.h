// SPDX-License-Identifier: Apache-2.0
// Where things live when nobody says otherwise, and the layout below a home.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace riposte {

// The home of a Wazuh or OSSEC agent if one is installed here, else Riposte's own.
// Linux: /var/ossec if it holds active-response/bin, else /var/lib/riposte.
// Windows: the agent's, else this program's directory if that holds active-response\bin, else Program Files\Riposte.
std::filesystem::path default_home();
// The file of this program, on Linux with its links resolved.
Result<std::filesystem::path> own_program();
// The home whose bin directory own_program() is in; default_home() if it is in none.
std::filesystem::path home_of_own_program();
// Linux: /etc/riposte/riposte.conf. Windows: C:\ProgramData\Riposte\riposte.conf.
std::filesystem::path default_config();
// Linux: /var/lib/riposte. Windows: C:\ProgramData\Riposte.
std::filesystem::path default_state();

std::filesystem::path bin_directory(const std::filesystem::path& home);
// The file of active responses that a manager pushes. Linux: HOME/etc/shared/ar.conf. Windows: HOME\shared\ar.conf.
std::filesystem::path ar_conf_path(const std::filesystem::path& home);
// Linux: HOME/etc/ossec.conf. Windows: HOME\ossec.conf. May not exist.
std::filesystem::path agent_config_path(const std::filesystem::path& home);
// Linux: HOME/logs/active-responses.log. Windows: HOME\active-response\active-responses.log.
std::filesystem::path response_log_path(const std::filesystem::path& home);
// The request sockets to open: HOME/queue/alerts/execq, and HOME/queue/sockets/execq where that directory exists (a
// Wazuh 5 agent's). Windows: none.
std::vector<std::filesystem::path> execq_paths(const std::filesystem::path& home);
// /run/riposte/control.sock for the default state directory, else STATE/control.sock. Windows: a pipe's name.
std::string control_endpoint(const std::filesystem::path& state);
// argv[0] and parameters.program of an executable, relative to the home: "active-response/bin/NAME", with this system's
// separator, as existing executables, decoders and rules expect it.
std::string program_name(const std::string& executable);
// An address or network as a file's name: as it is, but "192.0.2.0_24" for "192.0.2.0/24". Windows: "-" for each ":"
// too.
std::string file_name_of_network(std::string network);

}  // namespace riposte
