// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"
#include "src/config/config.h"
#include "src/config/findings.h"
#include "src/config/sections.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace riposte {
namespace {

using Severity = Diagnostic::Severity;

// Rules have levels up to 16, though <level> may be 20 (Wazuh v4.14.7 src/analysisd/rules.c).
constexpr int kHighestRuleLevel = 16;

bool has_condition(const ActiveResponse& response) {
    return response.level.value_or(0) > 0 || !response.rules_id.empty() || !response.rules_group.empty();
}

std::string place(const SourceLine& where) {
    return "line " + std::to_string(where.line);
}

class Linter {
  public:
    Linter(const Config& config, const std::filesystem::path& bin, Diagnostics& found)
        : config_(config), bin_(bin), found_(found) {}

    void run() {
        check_executables();
        for (const Command& command : config_.commands) check_command(command);
        for (const ActiveResponse& response : config_.active_responses) {
            if (!response.command.empty()) check_response(response);
        }
        check_names();
        check_shared_executables();
        check_disabled_last();
        for (const auto& [name, settings] : config_.settings.commands) check_settings(name, settings);
    }

  private:
    void report(Severity severity, const SourceLine& where, std::string message) {
        found_.push_back({severity, where.file, where.line, std::move(message)});
    }
    void warn(const SourceLine& where, std::string message) { report(Severity::Warning, where, std::move(message)); }
    void note(const SourceLine& where, std::string message) { report(Severity::Notice, where, std::move(message)); }

    // ---- commands ----

    void check_executables() {
        std::set<std::string> seen;
        for (const Command& command : config_.commands) {
            if (!seen.insert(command.executable).second) continue;
            const auto opened = open_trusted_executable(bin_, command.executable);
            if (opened) continue;
            const bool missing = opened.error().code == std::errc::no_such_file_or_directory;
            const std::string what = missing ? "is not in the bin directory" : "is not safe to run";
            const std::string remedy =
                missing ? "put it into " + bin_.string() : "it is refused until that is put right";
            warn(command.where, "the executable " + in_quotes(command.executable) + " of the command " +
                                    in_quotes(command.name) + " " + what + " (" + opened.error().text() +
                                    "): " + remedy);
        }
    }

    void check_command(const Command& command) {
        if (command.name.find(' ') != std::string::npos) {
            warn(command.where, "the command's name " + in_quotes(command.name) +
                                    " has a space, at which ar.conf and OSSEC's requests end a name: rename it");
        }
        check_for_number(command);
        bool used = false, timed = false;
        for (const ActiveResponse& response : config_.active_responses) {
            if (response.command != command.name || response.disabled) continue;
            used = true;
            timed |= response.timeout.count() > 0;
        }
        if (command.timeout_allowed && used && !timed) {
            note(command.where,
                 "the command " + in_quotes(command.name) +
                     " allows a timeout and none of its active responses has one, so nothing of it is undone: add "
                     "<timeout> if it should be");
        }
    }

    // "a1" is what a manager calls "a" with a timeout of 1.
    void check_for_number(const Command& command) {
        const auto letters = command.name.find_last_not_of("0123456789") + 1;
        for (auto length = command.name.size() - 1; length >= std::max<std::size_t>(letters, 1); --length) {
            const Command* shorter = config_.find_command(std::string_view(command.name).substr(0, length));
            if (!shorter || !shorter->timeout_allowed) continue;
            note(command.where, "the command's name " + in_quotes(command.name) + " is also that of " +
                                    in_quotes(shorter->name) + " (" + place(shorter->where) +
                                    ") with a timeout behind it: a request for it gets the latter; rename it");
            return;
        }
    }

    // Two commands that share an executable share what is in force: the longer timeout holds for both.
    void check_shared_executables() {
        std::map<std::string, const ActiveResponse*> first;
        for (const ActiveResponse& response : config_.active_responses) {
            const Command* command = config_.find_command(response.command);
            if (!command || response.disabled) continue;
            const auto [earlier, inserted] = first.try_emplace(command->executable, &response);
            const ActiveResponse& other = *earlier->second;
            if (inserted || other.command == response.command || other.timeout == response.timeout) continue;
            warn(response.where,
                 "the commands " + in_quotes(other.command) + " (" + place(other.where) + ", " +
                     std::to_string(other.timeout.count()) + " s) and " + in_quotes(response.command) + " (" +
                     std::to_string(response.timeout.count()) + " s) run the same executable " +
                     in_quotes(command->executable) +
                     " with different timeouts: for one target the later end holds; use one timeout or one command");
        }
    }

    // ---- active responses ----

    void check_response(const ActiveResponse& response) {
        check_ignored_timeout(response);
        check_location(response);
        check_conditions(response);
        check_offenders(response);
    }

    // The load has told of it as a notice; once is enough.
    void check_ignored_timeout(const ActiveResponse& response) {
        if (response.ignored_timeout.count() == 0) return;
        const auto text = ignored_timeout_text(response);
        const auto told = std::find_if(found_.begin(), found_.end(), [&](const Diagnostic& each) {
            return each.file == response.where.file && each.line == response.ignored_timeout_line &&
                   each.message == text;
        });
        if (told != found_.end()) {
            told->severity = Severity::Warning;
        } else {
            warn({response.where.file, response.ignored_timeout_line}, text);
        }
    }

    void check_location(const ActiveResponse& response) {
        if (response.location_server && response.location_all) {
            warn(response.where, "<location> names both server and all: a manager then runs " +
                                     in_quotes(response.command) + " on itself only; make two active responses of it");
        } else if (!response.disabled && !response.location_local && !response.location_all) {
            note(response.where, "the active response of " + in_quotes(response.command) +
                                     " never runs here by itself, since its <location> is neither local nor all: write "
                                     "local if it should");
        }
        if (!response.agent_id.empty() && !response.location_defined_agent) {
            warn(response.where,
                 "<agent_id> has no effect without <location>defined-agent</location>: remove one or add the other");
        }
        if (response.location_defined_agent && response.agent_id.find_first_not_of('0') == std::string::npos) {
            warn(response.where, "<agent_id> " + response.agent_id +
                                     " is the manager itself, and it drops such a response: write server");
        }
    }

    void check_conditions(const ActiveResponse& response) {
        if (!response.disabled && !has_condition(response)) {
            note(response.where,
                 "the active response of " + in_quotes(response.command) +
                     " has no condition, so no alert sets it off: add <level>, <rules_id> or <rules_group>, or ask for "
                     "it by name");
        }
        if (response.level.value_or(0) > kHighestRuleLevel) {
            warn(response.where, "<level> is " + std::to_string(*response.level) + ", and no rule has a level over " +
                                     std::to_string(kHighestRuleLevel) + ": lower it");
        }
        if (response.rules_group.find_first_of("\\*+?()[]") != std::string::npos) {
            warn(response.where,
                 "<rules_group> is " + in_quotes(response.rules_group) +
                     ": Riposte reads |, ^ and $ in it and takes everything else as it stands; write the groups out");
        }
    }

    void check_offenders(const ActiveResponse& response) {
        const auto& offenders = response.repeated_offenders;
        if (offenders.empty()) return;
        if (response.timeout.count() == 0) {
            warn(response.where, "<repeated_offenders> has no effect on " + in_quotes(response.command) +
                                     ", which is never undone: give the response a <timeout> or remove the tag");
        } else if (offenders.front() < response.timeout) {
            warn(response.where, "<repeated_offenders> begins with " + std::to_string(offenders.front().count()) +
                                     " min, which is shorter than the <timeout> of " +
                                     std::to_string(response.timeout.count()) +
                                     " s for a first offence: the values are minutes, the timeout is seconds");
        }
        if (!std::is_sorted(offenders.begin(), offenders.end())) {
            warn(response.where,
                 "<repeated_offenders> does not rise: a later offence would be blocked for a shorter time; put the "
                 "values in order");
        }
    }

    // ---- all of them together ----

    // "a1" with 0 behind it reads as "a" with 10.
    void check_names() {
        std::map<std::string, const ActiveResponse*> first;
        for (const ActiveResponse& response : config_.active_responses) {
            if (response.command.empty()) continue;
            const auto name = response.name();
            const auto [earlier, inserted] = first.try_emplace(name, &response);
            const ActiveResponse& other = *earlier->second;
            if (!inserted && other.command != response.command) {
                warn(response.where, "the name " + in_quotes(name) + " stands for " + in_quotes(response.command) +
                                         " with a timeout of " + std::to_string(response.timeout.count()) +
                                         " and, at " + place(other.where) + ", for " + in_quotes(other.command) +
                                         " with " + std::to_string(other.timeout.count()) +
                                         ": a request cannot tell them apart; rename one command");
            }
            if (const Command* command = config_.find_command(name)) {
                warn(response.where, "the name " + in_quotes(name) +
                                         " of this active response is also the command's at " + place(command->where) +
                                         ": a request for it gets this one; rename the command");
            }
        }
    }

    void check_disabled_last() {
        const ActiveResponse* last = nullptr;
        bool any_enabled = false;
        for (const ActiveResponse& response : config_.active_responses) {
            last = &response;
            any_enabled |= !response.disabled && !response.command.empty();
        }
        if (last && last->disabled && any_enabled && !last->command.empty()) {
            note(last->where,
                 "the file's last active response is disabled: Riposte leaves out this one only, while a manager that "
                 "reads the file "
                 "sends none at all; move it up or remove it");
        }
    }

    // ---- <riposte><command> ----

    void check_settings(const std::string& name, const CommandSettings& settings) {
        const auto& commands = config_.commands;
        const bool known = std::any_of(commands.begin(), commands.end(), [&](const Command& each) {
            return each.name == name || each.executable == name;
        });
        if (!known) {
            note(
                settings.where,
                "<command name=" + in_quotes(name) +
                    "> of <riposte> fits no command of this file and no executable of one: it holds for what a manager "
                    "names so; check the spelling");
        }
        if (settings.dry_run) {
            note(settings.where, "<dry_run> is on for " + in_quotes(name) + ": it is only said what would be run");
        }
        if (settings.deadline && *settings.deadline <= config_.settings.keys_deadline) {
            warn(settings.where,
                 "the <deadline> of " + in_quotes(name) + " is not longer than <keys_deadline>: lengthen it");
        }
    }

    const Config& config_;
    const std::filesystem::path& bin_;
    Diagnostics& found_;
};

}  // namespace

void lint_config(const Config& config, const std::filesystem::path& bin, Diagnostics& found) {
    const auto first = static_cast<std::ptrdiff_t>(found.size());
    Linter(config, bin, found).run();
    std::stable_sort(found.begin() + first, found.end(),
                     [](const Diagnostic& left, const Diagnostic& right) { return left.line < right.line; });
}

}  // namespace riposte
