// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_takeover.h"
#include "platform/include/file_edit.h"
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/config/agent_switch.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>
#include <string>
#include <system_error>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

struct Agent {
    fs::path home, state, config;
    fs::path units;
    // The agent's configuration as it was, until it is released.
    fs::path backup() const { return state / "adopted-ossec.conf"; }
};

Agent find_agent(const Invocation& invocation) {
    const Setup setup = load_setup(invocation.arguments);
    const auto units = invocation.arguments.get("units");
    return {setup.home, setup.state, agent_config_path(setup.home), units ? utf8_path(*units) : default_units()};
}

bool file_exists(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
}

// Writes `to` where `from` stands; somebody else's change in between is an error, not lost.
Result<void> replace_text(const fs::path& file, const std::string& from, const std::string& to) {
    bool same = false;
    const auto written = edit_file(file, [&](const std::string& now) {
        same = now == from;
        return same ? to : now;
    });
    if (!written) return written.error();
    return same ? Result<void>() : failure(file.string() + " was changed by somebody else meanwhile; try again");
}

Result<void> keep_backup(const Agent& agent, const std::string& text) {
    if (const auto made = make_private_directory(agent.state); !made) return made;
    const auto written = edit_file(agent.backup(), [&](const std::string&) { return text; });
    return written ? Result<void>() : Result<void>(written.error());
}

// Whether the file had to be changed.
Result<bool> switch_agent_off(const Agent& agent) {
    const auto text = read_small_file(agent.config);
    if (!text) return text.error();
    const auto edit = edit_to_switch_off(*text);
    if (!edit) return failure(agent.config.string() + ": " + edit.error().text());
    if (edit->empty()) return false;
    if (const auto kept = keep_backup(agent, *text); !kept) return kept.error();
    if (const auto done = replace_text(agent.config, *text, edited(*text, *edit)); !done) return done.error();
    return true;
}

// The file's content once the agent runs the responses again: as it was before, or `now` without Riposte's edit.
Result<std::string> restored(const std::string& now, const std::string& before) {
    const auto edit = edit_to_switch_off(before);
    if (!edit) return edit.error();
    if (now == before || now == edited(before, *edit)) return before;
    return without_edit(now, *edit);
}

Result<void> switch_agent_on(const Agent& agent) {
    const auto before = read_small_file(agent.backup());
    if (!before) return before.error();
    const auto now = read_small_file(agent.config);
    if (!now) return now.error();
    const auto text = restored(*now, *before);
    if (!text) {
        return failure(agent.config.string() + ": " + text.error().text() +
                       "; set <active-response><disabled> there by hand as it was in " + agent.backup().string() +
                       ", and delete that file");
    }
    if (const auto done = replace_text(agent.config, *now, *text); !done) return done;
    std::error_code error;
    fs::remove(agent.backup(), error);
    return error ? Result<void>(Error{error, "remove " + agent.backup().string()}) : Result<void>();
}

int tell(const Invocation& invocation, const std::string& what, const Agent& agent, bool changed,
         const std::vector<std::string>& left) {
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(
                                boost::json::object{{"done", what},
                                                    {"file", agent.config.string()},
                                                    {"changed", changed},
                                                    {"left_to_run", boost::json::array(left.begin(), left.end())}})
                         << "\n";
        return kDone;
    }
    invocation.out() << cell_text(agent.config.string()) << ": " << (changed ? "changed" : "needed no change") << "\n"
                     << "the agent is " << what << " when these have been run:\n";
    for (const std::string& command : left) invocation.out() << "  " << cell_text(command) << "\n";
    return kDone;
}

int do_adopt(Invocation& invocation) {
    if (const auto can = can_take_over(); !can) return invocation.fail(kFailed, can.error().what);
    const Agent agent = find_agent(invocation);
    if (!file_exists(agent.config)) {
        return invocation.fail(kRefused, "there is no agent to be adopted: " + agent.config.string() +
                                             " is missing; name its home with --home");
    }
    const auto changed = switch_agent_off(agent);
    if (!changed) return invocation.fail(kFailed, changed.error().text());
    const auto left = listen_for_agent(agent.units, agent.home);
    if (!left) return invocation.fail(kFailed, left.error().text());
    return tell(invocation, "adopted", agent, *changed, *left);
}

int do_release(Invocation& invocation) {
    if (const auto can = can_take_over(); !can) return invocation.fail(kFailed, can.error().what);
    const Agent agent = find_agent(invocation);
    const bool has_backup = file_exists(agent.backup());
    if (has_backup) {
        if (const auto done = switch_agent_on(agent); !done) return invocation.fail(kFailed, done.error().text());
    }
    const auto left = listen_for_none(agent.units, agent.home);
    if (!left) return invocation.fail(kFailed, left.error().text());
    if (!has_backup) {
        return invocation.fail(
            kRefused, agent.config.string() + " was not changed by riposte adopt, so there is nothing to put back");
    }
    return tell(invocation, "released", agent, true, *left);
}

std::vector<OptionSpec> options() {
    return {{"units", "DIR", "where the service manager's units are changed"}};
}

}  // namespace

Subcommand adopt_subcommand() {
    Subcommand subcommand;
    subcommand.name = "adopt";
    subcommand.summary = "receive the requests of an agent on this host in the place of its own runner";
    subcommand.description =
        "Sets <active-response><disabled>yes</disabled> in the agent's ossec.conf, by one edit that leaves all else "
        "as\n"
        "it is, so that the agent's own runner leaves the request socket alone; keeps the file as it was in the state\n"
        "directory; and makes the socket unit listen at the agent's path. Restarts nothing: it prints the commands "
        "that\n"
        "are left to be run. Done twice is done once. riposte release takes it back. Not supported on Windows.";
    subcommand.options = options();
    subcommand.examples =
        "  riposte adopt\n"
        "  riposte adopt --json | jq -r '.left_to_run[]' | sh -e\n";
    subcommand.run = do_adopt;
    return subcommand;
}

Subcommand release_subcommand() {
    Subcommand subcommand;
    subcommand.name = "release";
    subcommand.summary = "give the requests back to the agent's own runner";
    subcommand.description =
        "Takes back what riposte adopt did. Where nobody has changed the agent's ossec.conf since, it is the same "
        "again\n"
        "byte for byte; else that one edit is taken back. Prints the commands that are left to be run. The exit code "
        "is\n"
        "4 if there is nothing to take back.";
    subcommand.options = options();
    subcommand.examples = "  riposte release\n";
    subcommand.run = do_release;
    return subcommand;
}

}  // namespace riposte
