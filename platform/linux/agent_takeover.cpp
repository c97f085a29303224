// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_takeover.h"

#include "platform/include/file_edit.h"
#include "platform/include/paths.h"
#include "platform/linux/socket_path.h"

#include <system_error>

namespace riposte {
namespace {

namespace fs = std::filesystem;

fs::path drop_in(const fs::path& units) {
    return units / "riposte.socket.d/agent.conf";
}

// An empty assignment forgets the paths that the unit itself names. The group is the one that RequestSocket gives.
std::string drop_in_text(const fs::path& home) {
    std::string text = "# Written by riposte adopt; riposte release removes it.\n[Socket]\nListenDatagram=\n";
    for (const fs::path& path : execq_paths(home)) text += "ListenDatagram=" + path.string() + "\n";
    for (const char* group : {"wazuh", "ossec"}) {
        if (!find_group(group)) continue;
        text += std::string("SocketGroup=") + group + "\n";
        break;
    }
    return text;
}

// A socket is not started while its service runs, and the agent makes way when it is restarted.
std::vector<std::string> commands_left(const fs::path& units, const fs::path& home) {
    const fs::path wazuh = home / "bin/wazuh-control";
    std::error_code ignored;
    const fs::path control = fs::exists(wazuh, ignored) ? wazuh : home / "bin/ossec-control";
    const std::string agent = control.string() + " restart";
    if (!fs::is_directory(units, ignored)) return {agent};
    return {"systemctl daemon-reload", "systemctl stop riposte.service riposte.socket", agent,
            "systemctl start riposte.socket riposte.service"};
}

}  // namespace

Result<void> can_take_over() {
    return {};
}

fs::path default_units() {
    return "/etc/systemd/system";
}

Result<std::vector<std::string>> listen_for_agent(const fs::path& units, const fs::path& home) {
    std::error_code error;
    if (!fs::is_directory(units, error)) return commands_left(units, home);
    const fs::path file = drop_in(units);
    fs::create_directories(file.parent_path(), error);
    if (error) return Error{error, "create " + file.parent_path().string()};
    const auto written = edit_file(file, [&](const std::string&) { return drop_in_text(home); });
    if (!written) return written.error();
    return commands_left(units, home);
}

Result<std::vector<std::string>> listen_for_none(const fs::path& units, const fs::path& home) {
    std::error_code error;
    const fs::path file = drop_in(units);
    fs::remove(file, error);
    if (error) return Error{error, "remove " + file.string()};
    // Other drop-ins may be there.
    fs::remove(file.parent_path(), error);
    return commands_left(units, home);
}

}  // namespace riposte
