// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/action/event_json.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/config/agent_runner.h"
#include "src/config/catalog.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

struct Checked {
    std::vector<std::string> files;
    Diagnostics found;
    std::size_t commands = 0, active_responses = 0;
};

// The agent's and the manager's own files, in which Wazuh takes no <riposte> section.
bool is_agents_file(const fs::path& file) {
    return file.filename() == "ossec.conf" || file.filename() == "agent.conf";
}

void take(Checked& checked, const fs::path& file, const Config& config, const fs::path& bin) {
    checked.files.push_back(file.string());
    checked.commands += config.commands.size();
    checked.active_responses += config.active_responses.size();
    lint_config(config, bin, checked.found);
}

void check_named(Checked& checked, const std::vector<std::string>& files, const fs::path& bin) {
    for (const std::string& name : files) {
        Diagnostics found;
        const fs::path file = utf8_path(name);
        const Config config = load_config(file, found, !is_agents_file(file));
        checked.found.insert(checked.found.end(), found.begin(), found.end());
        take(checked, file, config, bin);
    }
}

// Everything that the service would load, checked as it would load it: its own file, the agent's beside it, and what
// the manager pushed.
void check_service(Checked& checked, Setup setup) {
    checked.found = std::move(setup.found);
    if (setup.config_exists) {
        if (const Result<void> trusted = check_trusted_file(setup.config_file); !trusted) {
            checked.found.push_back(
                {Diagnostic::Severity::Error, setup.config_file.string(), 0, trusted.error().text()});
        }
    } else if (!has_errors(checked.found)) {
        checked.found.push_back({Diagnostic::Severity::Notice, setup.config_file.string(), 0,
                                 "there is no such file, so the defaults are in force"});
    }
    take(checked, setup.config_file, setup.config, bin_directory(setup.home));
    const AgentRunner runner = examine_agent_runner(setup.home);
    if (runner.state == AgentRunner::State::Fights) {
        checked.found.push_back({Diagnostic::Severity::Warning, agent_config_path(setup.home).string(), 0,
                                 "it leaves active response to the agent's own runner: " + runner.remedy});
    }
    const fs::path ar_conf = ar_conf_path(setup.home);
    std::error_code error;
    if (!fs::exists(ar_conf, error)) return;
    checked.files.push_back(ar_conf.string());
    checked.commands += load_ar_conf(ar_conf, checked.found).size();
}

std::size_t count(const Diagnostics& found, Diagnostic::Severity severity) {
    return static_cast<std::size_t>(std::count_if(
        found.begin(), found.end(), [severity](const Diagnostic& finding) { return finding.severity == severity; }));
}

std::string counted(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

Colour colour_of(Diagnostic::Severity severity) {
    switch (severity) {
        case Diagnostic::Severity::Error:
            return Colour::Bad;
        case Diagnostic::Severity::Warning:
            return Colour::Notice;
        case Diagnostic::Severity::Notice:
            return Colour::Faint;
    }
    return Colour::None;
}

void show(const Invocation& invocation, const Checked& checked) {
    for (const Diagnostic& finding : checked.found) {
        invocation.out() << coloured(cell_text(finding.text()), colour_of(finding.severity),
                                     invocation.streams.terminal)
                         << "\n";
    }
    std::string files;
    for (const std::string& file : checked.files) files += (files.empty() ? "" : ", ") + file;
    invocation.out() << cell_text(files) << ": " << counted(checked.commands, "command") << ", "
                     << counted(checked.active_responses, "active response") << "; "
                     << counted(count(checked.found, Diagnostic::Severity::Error), "error") << ", "
                     << counted(count(checked.found, Diagnostic::Severity::Warning), "warning") << ", "
                     << counted(count(checked.found, Diagnostic::Severity::Notice), "notice") << "\n";
}

boost::json::object as_json(const Checked& checked) {
    boost::json::array files(checked.files.begin(), checked.files.end());
    return {{"files", std::move(files)},
            {"commands", checked.commands},
            {"active_responses", checked.active_responses},
            {"errors", count(checked.found, Diagnostic::Severity::Error)},
            {"warnings", count(checked.found, Diagnostic::Severity::Warning)},
            {"notices", count(checked.found, Diagnostic::Severity::Notice)},
            {"diagnostics", diagnostics_json(checked.found)}};
}

int do_check(Invocation& invocation) {
    Checked checked;
    const Setup setup = load_setup(invocation.arguments);
    const auto& files = invocation.arguments.positional();
    if (files.empty()) {
        check_service(checked, setup);
    } else {
        check_named(checked, files, bin_directory(setup.home));
    }
    std::stable_sort(checked.found.begin(), checked.found.end(), [](const Diagnostic& left, const Diagnostic& right) {
        return std::tie(left.file, left.line) < std::tie(right.file, right.line);
    });
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(as_json(checked)) << "\n";
    } else {
        show(invocation, checked);
    }
    return has_errors(checked.found) ? kFailed : kDone;
}

}  // namespace

Subcommand check_subcommand() {
    Subcommand subcommand;
    subcommand.name = "check";
    subcommand.summary = "check configuration files: every error, and what is surely not meant";
    subcommand.usage = "[FILE]...";
    subcommand.description =
        "Lists everything that is wrong with the configuration, each finding with its file and line. Errors keep the\n"
        "service from starting. Warnings are what Wazuh takes silently: a timeout that is not allowed, two commands\n"
        "that clash, an executable that is missing or that others than an administrator can write, an agent whose own\n"
        "runner would fight with Riposte over the request socket.\n"
        "Without FILE it checks what the service would load: Riposte's own configuration, the agent's ossec.conf and\n"
        "the manager's ar.conf. With FILE it checks these alone; a file named ossec.conf or agent.conf must not hold "
        "a\n"
        "<riposte> section, since Wazuh would refuse it.";
    subcommand.examples =
        "  riposte check\n"
        "  riposte check new.conf && mv new.conf /etc/riposte/riposte.conf && riposte reload\n"
        "  riposte check /var/ossec/etc/ossec.conf --json\n";
    subcommand.max_positional = 1000;
    subcommand.run = do_check;
    return subcommand;
}

}  // namespace riposte
