// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control_rows.h"
#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/cli/rows.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/hooks.h"

#include <boost/json/serialize.hpp>

#include <ostream>

namespace riposte {
namespace {

Colour colour_of(const std::string& state) {
    if (state == "retrying") return Colour::Bad;
    return state == "armed" ? Colour::None : Colour::Notice;
}

Table empty_table() {
    return Table({{"ID", true},
                  {"NAME", false, true},
                  {"KEY", false, true},
                  {"SINCE"},
                  {"LEFT", true},
                  {"STATE"},
                  {"LAST ERROR", false, true}});
}

void add_row(Table& table, const boost::json::object& row) {
    const std::string state = text_of(row, "state");
    const std::int64_t failures = number_of(row, "failures");
    table.add({std::to_string(number_of(row, "id")),
               text_of(row, "name"),
               keys_text(row),
               time_text(wall_time_of(number_of(row, "since_wall_ms")), hooks::clock().wall_time()),
               row.contains("left_ms") ? duration_text(number_of(row, "left_ms")) : std::string("-"),
               {failures == 0 ? state : state + " (" + std::to_string(failures) + ")", colour_of(state)},
               text_of(row, "last_error")});
}

int do_pending(Invocation& invocation) {
    boost::json::object request{{"op", "pending"}};
    Ledger::Query query;
    query.pending_only = true;
    if (const auto code = add_filters(invocation, request, query)) return *code;
    // A hundred thousand rows are kept as what is printed of them, no more.
    Table table = empty_table();
    std::vector<std::string> lines;
    const auto take = [&](const boost::json::object& row) {
        if (invocation.json()) {
            lines.push_back(boost::json::serialize(row));
        } else {
            add_row(table, row);
        }
    };
    const auto offline = [](const Action& action) { return pending_row(action, hooks::clock(), ""); };
    if (const int code = fetch_rows(invocation, request, query, 0, offline, take); code != kDone) return code;
    if (invocation.json()) {
        print_as_json(invocation, lines);
    } else if (table.rows() == 0) {
        invocation.out() << "nothing is in force\n";
    } else {
        invocation.out() << table.text(invocation.streams.terminal);
    }
    return kDone;
}

}  // namespace

Subcommand pending_subcommand() {
    Subcommand subcommand;
    subcommand.name = "pending";
    subcommand.summary = "what is in force, since when, and for how long";
    subcommand.description =
        "Lists the actions that will be undone: the key they act on, the time left, and for one whose reversal failed\n"
        "the number of failures and the last error. States: armed (waits for its time), running (is being applied),\n"
        "queued, reversing, retrying (its reversal failed and is tried again). Works on the ledger itself when no\n"
        "service runs.";
    subcommand.options = {{"target", "VALUE", "only what acts on this address, user, file or key"},
                          {"command", "NAME", "only this command or executable"}};
    subcommand.examples =
        "  riposte pending\n"
        "  riposte pending --target 203.0.113.7\n"
        "  riposte pending --json | jq '.[] | select(.failures > 0)'\n";
    subcommand.run = do_pending;
    return subcommand;
}

}  // namespace riposte
