// SPDX-License-Identifier: Apache-2.0
#include "src/cli/dry_run.h"

#include "platform/include/environment.h"
#include "platform/include/paths.h"
#include "src/action/text.h"
#include "src/cli/managers.h"
#include "src/cli/table.h"
#include "src/hooks.h"
#include "src/request/utf8.h"
#include "src/run/plan.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace riposte {
namespace {

boost::json::array as_json(const std::vector<std::string>& values) {
    return boost::json::array(values.begin(), values.end());
}

std::vector<std::string> argv_of(const Plan& plan, Verb verb) {
    std::vector<std::string> argv = plan.told.argv(verb);
    argv.insert(argv.begin(), plan.program);
    return argv;
}

std::string without_newline(std::string line) {
    if (line.ends_with('\n')) line.pop_back();
    return line;
}

std::vector<std::string> key_values(const Plan& plan) {
    std::vector<std::string> values = plan.alert_key.values;
    std::erase(values, "");
    return values;
}

boost::json::object part(const Plan& plan, Verb verb) {
    return {{"argv", as_json(argv_of(plan, verb))}, {"stdin", without_newline(plan.told.line(verb))}};
}

boost::json::object to_json(const Plan& plan, const Setup& setup) {
    boost::json::object object{{"would_run", !plan.settings.dry_run},
                               {"name", (plan.request.ad_hoc ? "!" : "") + plan.request.name},
                               {"command", plan.response.command},
                               {"executable", plan.response.executable},
                               {"path", plan.executable.path()},
                               {"trusted", true},
                               {"dialect", to_string(plan.told.dialect)},
                               {"directory", setup.home.string()},
                               {"environment", as_json(executable_environment())},
                               {"key", as_json(key_values(plan))},
                               {"deadline_ms", plan.settings.deadline.count()},
                               {"stateful", plan.response.stateful()},
                               {"apply", part(plan, Verb::Apply)}};
    if (!plan.response.stateful()) return object;
    object["timeout_s"] = plan.response.timeout.count();
    boost::json::array offenders;
    for (const auto minutes : plan.response.repeated_offenders)
        offenders.emplace_back(std::chrono::seconds(minutes).count());
    object["repeated_offenders_s"] = std::move(offenders);
    object["undone_wall_ms"] = to_ms(hooks::clock().wall_time() + plan.response.timeout);
    object["reverse"] = part(plan, Verb::Reverse);
    return object;
}

// As a shell would need it, so that what is one argument and what are two can be told apart.
std::string shown_argv(const std::vector<std::string>& argv) {
    std::string text;
    for (const std::string& argument : argv) {
        const bool plain =
            !argument.empty() && argument.find_first_of(" \t\n'\"\\$`&|;<>()*?#~!{}[]") == std::string::npos;
        std::string quoted_argument = argument;
        if (!plain) {
            for (std::size_t at = 0; (at = quoted_argument.find('\'', at)) != std::string::npos; at += 4) {
                quoted_argument.replace(at, 1, R"('\'')");
            }
            quoted_argument = "'" + quoted_argument + "'";
        }
        text += (text.empty() ? "" : " ") + quoted_argument;
    }
    return text;
}

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
    return text;
}

void line(const Invocation& invocation, std::string title, const std::string& value) {
    constexpr std::size_t kColumn = 14;
    title = "  " + title;
    title.resize(std::max(kColumn, title.size() + 1), ' ');
    // Whole: a message that is told may be longer than a cell of a table.
    invocation.out() << coloured(title, Colour::Faint, invocation.streams.terminal)
                     << printable(value, std::string::npos) << "\n";
}

void show_told(const Invocation& invocation, const Plan& plan, Verb verb) {
    line(invocation, "argv", shown_argv(argv_of(plan, verb)));
    const std::string told = without_newline(plan.told.line(verb));
    line(invocation, "stdin", told.empty() ? "(closed at once)" : told);
}

std::string when_undone(const Plan& plan) {
    const WallTime now = hooks::clock().wall_time();
    const std::chrono::milliseconds timeout = plan.response.timeout;
    std::string text = "after " + duration_text(timeout.count()) + ", which is " + time_text(now + timeout, now);
    std::string later;
    for (const auto minutes : plan.response.repeated_offenders) {
        later += (later.empty() ? "" : ", ") + duration_text(std::chrono::milliseconds(minutes).count());
    }
    return later.empty() ? text : text + "; for a repeat offender after " + later;
}

void show(const Invocation& invocation, const Plan& plan, const Setup& setup) {
    const std::string name = (plan.request.ad_hoc ? "!" : "") + plan.request.name;
    invocation.out() << cell_text(name)
                     << (plan.settings.dry_run ? " is configured with <dry_run>, so the service would only log this:\n"
                                               : " would run:\n");
    line(invocation, "command", plan.response.command);
    line(invocation, "executable", plan.executable.path() + " (trusted)");
    line(invocation, "dialect", std::string(to_string(plan.told.dialect)));
    line(invocation, "directory", setup.home.string());
    line(invocation, "environment", joined(executable_environment()));
    line(invocation, "deadline", duration_text(plan.settings.deadline.count()));
    const std::vector<std::string> keys = key_values(plan);
    line(invocation, "key",
         (keys.empty() ? "none in the alert" : joined(keys)) + ", unless the executable names its own");
    show_told(invocation, plan, Verb::Apply);
    if (!plan.response.stateful()) {
        invocation.out() << "It is stateless: nothing would be undone.\n";
        return;
    }
    invocation.out() << "It would be undone " << when_undone(plan) << ":\n";
    show_told(invocation, plan, Verb::Reverse);
}

void show(const Invocation& invocation, const Refusal& refusal) {
    invocation.out() << coloured("would be refused", Colour::Bad, invocation.streams.terminal) << " ("
                     << to_string(refusal.reason) << "): " << cell_text(refusal.text) << "\n";
}

// Names of managers are resolved by the service alone; here only those given as addresses count.
void protect_managers(Configuration& configuration, const Setup& setup) {
    std::vector<std::string> managers = agent_managers(agent_config_path(setup.home));
    if (setup.config.settings.manager) {
        for (const auto& server : setup.config.settings.manager->servers) managers.push_back(server.address);
    }
    configuration.protection().set_managers(managers);
}

}  // namespace

int dry_run(const Invocation& invocation, const Setup& setup, const std::vector<std::string>& messages) {
    Configuration configuration(setup.config, setup.home, hooks::clock());
    protect_managers(configuration, setup);
    boost::json::array all;
    int code = kDone;
    for (const std::string& message : messages) {
        const std::variant<Plan, Refusal> planned = configuration.plan(message);
        const auto* refusal = std::get_if<Refusal>(&planned);
        if (refusal != nullptr) code = kRefused;
        if (invocation.json()) {
            all.push_back(refusal == nullptr ? to_json(std::get<Plan>(planned), setup)
                                             : boost::json::object{{"would_run", false},
                                                                   {"reason", to_string(refusal->reason)},
                                                                   {"text", refusal->text}});
        } else if (refusal == nullptr) {
            show(invocation, std::get<Plan>(planned), setup);
        } else {
            show(invocation, *refusal);
        }
    }
    if (invocation.json()) invocation.out() << valid_utf8(boost::json::serialize(all)) << "\n";
    return code;
}

}  // namespace riposte
