// SPDX-License-Identifier: Apache-2.0
#include "src/cli/dry_run.h"

#include "platform/include/environment.h"
#include "platform/include/paths.h"
#include "src/action/text.h"
#include "src/cli/managers.h"
#include "src/cli/table.h"
#include "src/hooks.h"
#include "src/request/utf8.h"
#include "src/run/admission.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace riposte {
namespace {

boost::json::array as_json(const std::vector<std::string>& values) {
    return boost::json::array(values.begin(), values.end());
}

std::vector<std::string> argv_of(const Admission& admission, Verb verb) {
    std::vector<std::string> argv = admission.input.argv(verb);
    argv.insert(argv.begin(), admission.program);
    return argv;
}

std::string without_newline(std::string line) {
    if (line.ends_with('\n')) line.pop_back();
    return line;
}

std::vector<std::string> key_values(const Admission& admission) {
    std::vector<std::string> values = admission.alert_key.values;
    std::erase(values, "");
    return values;
}

boost::json::object part(const Admission& admission, Verb verb) {
    return {{"argv", as_json(argv_of(admission, verb))}, {"stdin", without_newline(admission.input.line(verb))}};
}

boost::json::object to_json(const Admission& admission, const Setup& setup) {
    boost::json::object object{{"would_run", !admission.settings.dry_run},
                               {"name", (admission.request.ad_hoc ? "!" : "") + admission.request.name},
                               {"command", admission.response.command},
                               {"executable", admission.response.executable},
                               {"path", admission.executable.path()},
                               {"trusted", true},
                               {"dialect", to_string(admission.input.dialect)},
                               {"directory", setup.home.string()},
                               {"environment", as_json(executable_environment())},
                               {"key", as_json(key_values(admission))},
                               {"deadline_ms", admission.settings.deadline.count()},
                               {"stateful", admission.response.stateful()},
                               {"apply", part(admission, Verb::Apply)}};
    if (!admission.response.stateful()) return object;
    object["timeout_s"] = admission.response.timeout.count();
    boost::json::array offenders;
    for (const auto minutes : admission.response.repeated_offenders)
        offenders.emplace_back(std::chrono::seconds(minutes).count());
    object["repeated_offenders_s"] = std::move(offenders);
    object["undone_wall_ms"] = to_ms(hooks::clock().wall_time() + admission.response.timeout);
    object["reverse"] = part(admission, Verb::Reverse);
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

void show_told(const Invocation& invocation, const Admission& admission, Verb verb) {
    line(invocation, "argv", shown_argv(argv_of(admission, verb)));
    const std::string told = without_newline(admission.input.line(verb));
    line(invocation, "stdin", told.empty() ? "(closed at once)" : told);
}

std::string when_undone(const Admission& admission) {
    const WallTime now = hooks::clock().wall_time();
    const std::chrono::milliseconds timeout = admission.response.timeout;
    std::string text = "after " + duration_text(timeout.count()) + ", which is " + time_text(now + timeout, now);
    std::string later;
    for (const auto minutes : admission.response.repeated_offenders) {
        later += (later.empty() ? "" : ", ") + duration_text(std::chrono::milliseconds(minutes).count());
    }
    return later.empty() ? text : text + "; for a repeat offender after " + later;
}

void show(const Invocation& invocation, const Admission& admission, const Setup& setup) {
    const std::string name = (admission.request.ad_hoc ? "!" : "") + admission.request.name;
    invocation.out() << cell_text(name)
                     << (admission.settings.dry_run
                             ? " is configured with <dry_run>, so the service would only log this:\n"
                             : " would run:\n");
    line(invocation, "command", admission.response.command);
    line(invocation, "executable", admission.executable.path() + " (trusted)");
    line(invocation, "dialect", std::string(to_string(admission.input.dialect)));
    line(invocation, "directory", setup.home.string());
    line(invocation, "environment", joined(executable_environment()));
    line(invocation, "deadline", duration_text(admission.settings.deadline.count()));
    const std::vector<std::string> keys = key_values(admission);
    line(invocation, "key",
         (keys.empty() ? "none in the alert" : joined(keys)) + ", unless the executable names its own");
    show_told(invocation, admission, Verb::Apply);
    if (!admission.response.stateful()) {
        invocation.out() << "It is stateless: nothing would be undone.\n";
        return;
    }
    invocation.out() << "It would be undone " << when_undone(admission) << ":\n";
    show_told(invocation, admission, Verb::Reverse);
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
        const std::variant<Admission, Refusal> decision = check_admission(configuration, message);
        const auto* refusal = std::get_if<Refusal>(&decision);
        if (refusal != nullptr) code = kRefused;
        if (invocation.json()) {
            all.push_back(refusal == nullptr ? to_json(std::get<Admission>(decision), setup)
                                             : boost::json::object{{"would_run", false},
                                                                   {"reason", to_string(refusal->reason)},
                                                                   {"text", refusal->text}});
        } else if (refusal == nullptr) {
            show(invocation, std::get<Admission>(decision), setup);
        } else {
            show(invocation, *refusal);
        }
    }
    if (invocation.json()) invocation.out() << valid_utf8(boost::json::serialize(all)) << "\n";
    return code;
}

}  // namespace riposte
