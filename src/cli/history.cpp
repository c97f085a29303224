// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control_rows.h"
#include "src/cli/client.h"
#include "src/cli/event_printer.h"
#include "src/cli/places.h"
#include "src/cli/rows.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/config/duration.h"
#include "src/hooks.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace riposte {
namespace {

constexpr std::int64_t kDefaultLimit = 50;
constexpr std::int64_t kMaxLimit = 100'000;

std::string outcome_of(const boost::json::object& row, std::string_view name) {
    const boost::json::value* outcome = row.if_contains(name);
    return outcome != nullptr && outcome->is_object() ? text_of(outcome->get_object(), "text") : "";
}

bool failed(const boost::json::object& row, std::string_view name) {
    const boost::json::value* outcome = row.if_contains(name);
    if (outcome == nullptr || !outcome->is_object()) return false;
    const std::string kind = text_of(outcome->get_object(), "outcome");
    return kind == "failed" || kind == "deadline" || kind == "not_started" || kind == "lost";
}

void show(const Invocation& invocation, const Rows& rows) {
    if (rows.empty()) {
        invocation.out() << "nothing has been asked for\n";
        return;
    }
    const WallTime now = hooks::clock().wall_time();
    Table table({{"ID", true},
                 {"TIME"},
                 {"NAME", false, true},
                 {"KEY", false, true},
                 {"FROM"},
                 {"STATE"},
                 {"APPLIED", false, true},
                 {"UNDONE", false, true}});
    for (const boost::json::object& row : rows) {
        std::string undone = outcome_of(row, "reverse");
        if (undone.empty() && row.contains("left_ms")) undone = "in " + duration_text(number_of(row, "left_ms"));
        table.add({std::to_string(number_of(row, "id")),
                   time_text(wall_time_of(number_of(row, "received_wall_ms")), now),
                   text_of(row, "name"),
                   keys_text(row),
                   text_of(row, "channel"),
                   text_of(row, "state"),
                   {outcome_of(row, "apply"), failed(row, "apply") ? Colour::Bad : Colour::None},
                   {undone, failed(row, "reverse") ? Colour::Bad : Colour::None}});
    }
    invocation.out() << table.text(invocation.streams.terminal);
}

void print(const Invocation& invocation, Rows& rows, bool lines) {
    // They come newest first, so that a limit keeps the latest; a story is read from its beginning.
    std::reverse(rows.begin(), rows.end());
    if (!invocation.json()) return show(invocation, rows);
    if (!lines) return print_as_json(invocation, rows);
    for (const boost::json::object& row : rows) invocation.out() << boost::json::serialize(row) << "\n";
    invocation.out().flush();
}

int follow(const Invocation& invocation, boost::json::object request) {
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    request["follow"] = true;
    Rows rows;
    EventPrinter printer(invocation, true);
    const auto each = [&](std::string_view kind, const boost::json::object& content) {
        if (kind == "row") rows.push_back(content);
        if (kind == "following") print(invocation, rows, true);
        if (kind == "event") printer.print(content);
        return invocation.out().good();
    };
    return report(invocation, connection.client->call(request, each)).value_or(kDone);
}

int do_history(Invocation& invocation) {
    boost::json::object request{{"op", "history"}};
    Ledger::Query query;
    query.oldest_first = false;
    if (const auto code = add_filters(invocation, request, query)) return *code;
    std::int64_t limit = kDefaultLimit;
    if (const auto text = invocation.arguments.get("limit")) {
        const auto number = parse_whole_number(*text, kMaxLimit);
        if (!number)
            return invocation.fail(kBadUsage, "--limit is a whole number up to 100000; 0 means all that is kept");
        limit = *number;
    }
    request["limit"] = limit;
    if (const auto text = invocation.arguments.get("since")) {
        const auto duration = parse_duration(*text);
        if (!duration) return invocation.fail(kBadUsage, "--since is a duration, such as 30m, 2h or 7d");
        query.since = hooks::clock().wall_time() - *duration;
        request["since_wall_ms"] = to_ms(*query.since);
    }
    if (invocation.arguments.has("follow")) return follow(invocation, std::move(request));
    Rows rows;
    const auto offline = [](const Action& action) { return history_row(action, hooks::clock(), ""); };
    const auto take = [&rows](const boost::json::object& row) { rows.push_back(row); };
    if (const int code = fetch_rows(invocation, request, query, limit, offline, take); code != kDone) return code;
    print(invocation, rows, false);
    return kDone;
}

}  // namespace

Subcommand history_subcommand() {
    Subcommand subcommand;
    subcommand.name = "history";
    subcommand.summary = "what was asked for, what came of it, and whether it was undone";
    subcommand.description =
        "Lists the latest actions, oldest first, with the outcome of applying and of undoing each. Requests that were\n"
        "refused are in the event log (STATE/events.jsonl), and are shown by --follow as they come. Works on the "
        "ledger\n"
        "itself when no service runs. Actions are kept for 30 days, the latest 100,000 at most.";
    subcommand.options = {{"limit", "N", "at most the latest N (default 50; 0: all)"},
                          {"since", "DURATION", "only of the last 30m, 2h, 7d"},
                          {"target", "VALUE", "only what acts on this address, user, file or key"},
                          {"command", "NAME", "only this command or executable"},
                          {"follow", "", "go on with every event as it comes, until Ctrl-C"}};
    subcommand.examples =
        "  riposte history --since 1d\n"
        "  riposte history --target 203.0.113.7 --limit 0\n"
        "  riposte history --limit 5 --follow --json      rows, then events, one JSON object on each line\n";
    subcommand.run = do_history;
    return subcommand;
}

}  // namespace riposte
