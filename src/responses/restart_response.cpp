// SPDX-License-Identifier: Apache-2.0
#include "src/responses/restart_response.h"

#include "platform/include/arguments.h"
#include "platform/include/utf8_path.h"
#include "src/responses/response.h"

namespace riposte {
namespace {

constexpr std::string_view kHome = "--home";
constexpr std::string_view kSystemctl = "--systemctl";

std::filesystem::path path_of(const Settings& settings, std::string_view option) {
    const auto found = settings.find(option);
    return found == settings.end() ? std::filesystem::path() : utf8_path(found->second);
}

AgentPlaces places_of(const Task& task) {
    return {path_of(task.settings, kSystemctl), path_of(task.settings, kHome)};
}

}  // namespace

int run_restart_response(AgentKind kind, int argc, char** argv) {
    const std::vector<std::string> arguments = program_arguments(argc, argv);
    if (const auto code = continue_restart(arguments)) return *code;
    Response response;
    response.name = kind == AgentKind::Wazuh ? "restart-wazuh" : "restart-ossec";
    response.summary = "restarts the agent of Wazuh or OSSEC.";
    response.details =
        "No key. Needs root (an administrator). By systemd where it has the agent's unit, else by "
        "HOME/bin/wazuh-control\n"
        "or ossec-control; on Windows by the service manager. Asks for the restart and does not wait for it, so that "
        "it\n"
        "may itself be ended by it. There is no undo.";
    response.options = {{kHome, "DIR", "the agent's home, on Linux; default: that of riposte"},
                        {kSystemctl, "FILE", "instead of the system's own, on Linux"}};
    response.keys = [](const Task&) -> Answer<Keys> { return Keys(); };
    response.add = [kind](const Task& task) -> Answer<void> {
        const auto asked = restart_agent_service(kind, places_of(task));
        return asked ? Answer<void>() : failed(asked.error());
    };
    response.reverse = [](const Task&) -> Answer<void> { return {}; };
    response.check = [kind](const Task& task) -> Answer<std::string> {
        const auto found = find_agent_service(kind, places_of(task));
        return found ? Answer<std::string>(*found) : failed(found.error());
    };
    return run_response(response, arguments);
}

}  // namespace riposte
