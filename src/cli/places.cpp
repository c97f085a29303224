// SPDX-License-Identifier: Apache-2.0
#include "src/cli/places.h"

#include "platform/include/arguments.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> named(const Arguments& arguments, const std::string& option, const char* variable) {
    std::optional<std::string> text = arguments.get(option);
    if (!text) {
        text = environment_variable(variable);
        if (!text || text->empty()) return std::nullopt;
    }
    // The service changes no directory, but what it tells of its places must mean the same to everyone.
    std::error_code ignored;
    const fs::path absolute = fs::absolute(utf8_path(*text), ignored).lexically_normal();
    return absolute.has_filename() ? absolute : absolute.parent_path();
}

bool may_exist(const fs::path& file) {
    std::error_code error;
    // A file that cannot even be looked at is there as far as anyone knows; reading it says why it cannot be read.
    return fs::exists(file, error) || error;
}

void add_commands(Config& config, std::vector<Command> commands) {
    for (Command& command : commands) {
        if (config.find_command(command.name) == nullptr) config.commands.push_back(std::move(command));
    }
}

void add_responses(Config& config, std::vector<ActiveResponse> responses) {
    const auto general = [](const ActiveResponse& response) { return response.command.empty(); };
    const bool has_general = std::any_of(config.active_responses.begin(), config.active_responses.end(), general);
    for (ActiveResponse& response : responses) {
        if (general(response)) {
            if (has_general) continue;
            // The switch of the agent's own runner, which is off wherever Riposte runs in its place.
            response.disabled = false;
        }
        config.active_responses.push_back(std::move(response));
    }
}

void add_agent_config(Setup& setup) {
    const fs::path file = agent_config_path(setup.home);
    std::error_code error;
    if (!fs::exists(file, error) || file == setup.config_file) return;
    Diagnostics found;
    Config agent = load_config(file, found, false);
    for (Diagnostic& finding : found) {
        finding.severity = std::min(finding.severity, Diagnostic::Severity::Warning);
    }
    setup.found.insert(setup.found.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    add_commands(setup.config, std::move(agent.commands));
    add_responses(setup.config, std::move(agent.active_responses));
}

void load_own(Setup& setup, bool config_named) {
    setup.config_exists = may_exist(setup.config_file);
    setup.config = {};
    setup.found.clear();
    if (setup.config_exists || config_named) setup.config = load_config(setup.config_file, setup.found);
}

}  // namespace

fs::path state_directory(const Arguments& arguments) {
    return named(arguments, "state", "RIPOSTE_STATE").value_or(default_state());
}

bool config_is_named(const Arguments& arguments) {
    return named(arguments, "config", "RIPOSTE_CONFIG").has_value();
}

std::vector<std::string> named_places(const Arguments& arguments) {
    std::vector<std::string> words;
    for (const auto& [option, variable] : {std::pair("config", "RIPOSTE_CONFIG"), std::pair("home", "RIPOSTE_HOME"),
                                           std::pair("state", "RIPOSTE_STATE")}) {
        const std::optional<fs::path> path = named(arguments, option, variable);
        if (!path) continue;
        words.push_back(std::string("--") + option);
        words.push_back(path->string());
    }
    return words;
}

Setup load_setup(const Arguments& arguments) {
    Setup setup;
    setup.config_file = named(arguments, "config", "RIPOSTE_CONFIG").value_or(default_config());
    setup.state = state_directory(arguments);
    load_own(setup, config_is_named(arguments));
    const std::optional<fs::path> home = named(arguments, "home", "RIPOSTE_HOME");
    setup.home = home ? *home : setup.config.settings.home.value_or(default_home());
    add_agent_config(setup);
    return setup;
}

void reload_setup(Setup& setup, bool config_named) {
    load_own(setup, config_named);
    add_agent_config(setup);
}

}  // namespace riposte
