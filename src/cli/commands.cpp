// SPDX-License-Identifier: Apache-2.0
#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/config/duration.h"

#include <boost/json/serialize.hpp>

#include <ostream>

namespace riposte {
namespace {

Table::Cell usable(const boost::json::object& command) {
    if (flag_of(command, "disabled")) return {"disabled", Colour::Faint};
    if (!flag_of(command, "present")) return {"missing", Colour::Bad};
    if (!flag_of(command, "trusted")) return {"unsafe", Colour::Bad};
    if (command.contains("ready") && !flag_of(command, "ready")) return {"not here", Colour::Bad};
    return {"yes", Colour::Good};
}

void show(const Invocation& invocation, const boost::json::array& commands) {
    if (commands.empty()) {
        invocation.out() << "no commands are configured; riposte check tells which files were read\n";
        return;
    }
    Table table({{"NAME", false, true},
                 {"TIMEOUT", true},
                 {"FROM"},
                 {"USABLE"},
                 {"EXECUTABLE", false, true},
                 {"PROBLEM", false, true}});
    for (const boost::json::value& value : commands) {
        if (!value.is_object()) continue;
        const boost::json::object& command = value.get_object();
        const std::int64_t timeout = number_of(command, "timeout_s");
        table.add({text_of(command, "name"),
                   timeout == 0 ? std::string("-") : format_duration(std::chrono::seconds(timeout)),
                   text_of(command, "source"), usable(command), text_of(command, "path"), text_of(command, "problem")});
    }
    invocation.out() << table.text(invocation.streams.terminal);
}

int do_commands(Invocation& invocation) {
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    const Result<Answer> answer = connection.client->call({{"op", "commands"}});
    if (const auto code = report(invocation, answer)) return *code;
    const boost::json::value* list = answer->done.if_contains("commands");
    if (list == nullptr || !list->is_array()) return invocation.fail(kFailed, "the service lists no commands");
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(*list) << "\n";
    } else {
        show(invocation, list->get_array());
    }
    return kDone;
}

}  // namespace

Subcommand commands_subcommand() {
    Subcommand subcommand;
    subcommand.name = "commands";
    subcommand.summary = "the names that can be asked for, and whether each can run here";
    subcommand.description =
        "Lists every name that the running service answers to, from the manager's ar.conf and from the local\n"
        "configuration, with its timeout and its executable. One that is missing, or that others than an "
        "administrator\n"
        "can write, will not be run; the last column says why and what to do. Executables that can tell (the stock\n"
        "ones do) are asked whether this host has what they need.";
    subcommand.examples =
        "  riposte commands\n"
        "  riposte commands --json | jq '.[] | select(.trusted | not)'\n";
    subcommand.run = do_commands;
    return subcommand;
}

}  // namespace riposte
