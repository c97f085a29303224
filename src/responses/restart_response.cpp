// SPDX-License-Identifier: Apache-2.0
#include "src/responses/restart_response.h"

#include "platform/include/arguments.h"
#include "src/responses/response.h"

namespace riposte {
namespace {

constexpr std::string_view kHome = "--home";
constexpr std::string_view kSystemctl = "--systemctl";

AgentPlaces places_of(const Task& task) {
    return {path_setting(task.settings, kSystemctl, {}), path_setting(task.settings, kHome, {})};
}

// Nobody is there any more to be told.
int log_restart(const Result<std::string>& done) {
    const OwnLog log = log_of_this_home();
    const std::string text = done ? *done : "the agent was not restarted: " + done.error().text();
    if (!log.file.empty()) static_cast<void>(write_own_text(log, text));
    return static_cast<int>(done ? ExitCode::Done : ExitCode::Failed);
}

}  // namespace

int run_restart_response(AgentKind kind, int argc, char** argv) {
    const std::vector<std::string> arguments = program_arguments(argc, argv);
    if (const auto done = continue_restart(arguments)) return log_restart(*done);
    Response response;
    response.name = kind == AgentKind::Wazuh ? "restart-wazuh" : "restart-ossec";
    response.summary = "restarts the agent of Wazuh or OSSEC.";
    response.details =
        "No key. Needs root (an administrator). By systemd if the agent's unit is active, else by "
        "HOME/bin/wazuh-control\n"
        "or ossec-control, in a scope of its own where systemd runs; on Windows by the service manager. Asks for the\n"
        "restart and does not wait for it, so that it may itself be ended by it; what came of it, unless systemd does\n"
        "it, goes to the response log. There is no undo.";
    response.options = {{kHome, "DIR", "the agent's home, on Linux; default: that of riposte"},
                        {kSystemctl, "FILE", "instead of the system's own, on Linux"}};
    response.keys = [](const Task&) -> Answer<Keys> { return Keys(); };
    response.add = [kind](const Task& task) -> Answer<void> {
        const auto asked = restart_agent_service(kind, places_of(task));
        if (!asked) return failed(asked.error());
        task.tell(*asked);
        return {};
    };
    response.reverse = [](const Task&) -> Answer<void> { return {}; };
    response.check = [kind](const Task& task) -> Answer<std::string> {
        const auto found = find_agent_service(kind, places_of(task));
        return found ? Answer<std::string>(*found) : failed(found.error());
    };
    return run_response(response, argc, argv);
}

}  // namespace riposte
