// SPDX-License-Identifier: Apache-2.0
#include "src/cli/client.h"
#include "src/cli/event_printer.h"
#include "src/cli/offline.h"
#include "src/cli/places.h"
#include "src/cli/rows.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/hooks.h"
#include "src/request/utf8.h"

#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace riposte {
namespace {

using Object = boost::json::object;

int no_id(const Invocation& invocation, const std::string& word) {
    return invocation.fail(kBadUsage, riposte::quoted(word) + " is no action's number; riposte pending lists them");
}

// ---- undo ----

std::optional<int> undo_request(const Invocation& invocation, Object& request) {
    const Arguments& arguments = invocation.arguments;
    const bool by_filter = arguments.has("target") || arguments.has("command");
    const int ways = (arguments.positional().empty() ? 0 : 1) + (by_filter ? 1 : 0) + (arguments.has("all") ? 1 : 0);
    if (ways != 1)
        return invocation.fail(kBadUsage, "undo takes one of these: numbers of actions, --target or --command, --all");
    Ledger::Query ignored;
    if (const auto code = add_filters(invocation, request, ignored)) return code;
    if (arguments.has("all")) request["all"] = true;
    boost::json::array ids;
    for (const std::string& word : arguments.positional()) {
        const auto id = parse_id(word);
        if (!id) return no_id(invocation, word);
        ids.push_back(*id);
    }
    if (!ids.empty()) request["ids"] = std::move(ids);
    request["follow"] = !arguments.has("no-wait");
    if (arguments.has("offline") && arguments.has("no-wait"))
        return invocation.fail(kBadUsage, "--offline waits: without a service there is nothing else that would");
    return std::nullopt;
}

void show_problems(const Invocation& invocation, const Object& done) {
    const boost::json::value* problems = done.if_contains("problems");
    if (problems == nullptr || !problems->is_array()) return;
    for (const boost::json::value& problem : problems->get_array()) {
        if (problem.is_object())
            invocation.err() << "riposte: " << cell_text(text_of(problem.get_object(), "text")) << "\n";
    }
}

int conclude_undo(const Invocation& invocation, const Object& done) {
    // With --all, an action that ended by itself meanwhile is no problem; one that was named by its number is.
    const bool all = invocation.arguments.has("all");
    if (!all) show_problems(invocation, done);
    const std::int64_t asked = number_of(done, "asked");
    const std::int64_t failed = number_of(done, "failed");
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(done) << "\n";
    } else if (asked == 0) {
        invocation.out() << "nothing is in force\n";
    } else if (invocation.arguments.has("no-wait")) {
        invocation.out() << asked << (asked == 1 ? " reversal" : " reversals") << " asked for\n";
    } else {
        const std::int64_t dropped = number_of(done, "dropped");
        invocation.out() << number_of(done, "reversed") << " undone";
        if (dropped != 0) invocation.out() << ", " << dropped << " not begun and dropped";
        if (failed != 0) invocation.out() << ", " << failed << " failed and tried again (riposte pending)";
        invocation.out() << "\n";
    }
    if (failed != 0) return kFailed;
    return !all && number_of(done, "not_found") != 0 ? kRefused : kDone;
}

int do_undo(Invocation& invocation) {
    Object request{{"op", "undo"}};
    if (const auto code = undo_request(invocation, request)) return *code;
    std::unique_ptr<OfflineService> offline;
    if (invocation.arguments.has("offline")) {
        Result<std::unique_ptr<OfflineService>> started = OfflineService::start(load_setup(invocation.arguments));
        if (!started) return invocation.fail(kFailed, started.error().text());
        offline = std::move(*started);
    }
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    EventPrinter printer(invocation, true);
    const auto each = [&](std::string_view kind, const Object& event) {
        if (kind != "event" || invocation.json()) return true;
        // Thousands may be undone at once; what counts of each is how it ended.
        const std::string what = text_of(event, "event");
        if (what == "reversed" || what == "retrying" || what == "abandoned") printer.print(event);
        return true;
    };
    const Result<Answer> answer = connection.client->call(request, each);
    const bool nothing_there = answer && answer->reason == "not_found" && invocation.arguments.has("all");
    if (nothing_there) return conclude_undo(invocation, {});
    if (const auto code = report(invocation, answer)) return *code;
    return conclude_undo(invocation, answer->done);
}

// ---- extend ----

int do_extend(Invocation& invocation) {
    const auto& words = invocation.arguments.positional();
    const auto target = invocation.arguments.get("target");
    const std::size_t expected = target ? 1 : 2;
    if (words.size() != expected) {
        return invocation.fail(kBadUsage,
                               "extend takes an action's number, or --target, and a duration: riposte extend 42 10m");
    }
    const auto by_ms = parse_signed_duration(words.back());
    if (!by_ms)
        return invocation.fail(kBadUsage,
                               riposte::quoted(words.back()) + " is no duration; write 90s, 10m, +1h or -5m");
    Object request{{"op", "extend"}, {"by_ms", *by_ms}};
    if (target) {
        request["target"] = *target;
    } else {
        const auto id = parse_id(words.front());
        if (!id) return no_id(invocation, words.front());
        request["id"] = *id;
    }
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    Rows rows;
    const Result<Answer> answer = connection.client->call(request, [&rows](std::string_view kind, const Object& row) {
        if (kind == "row") rows.push_back(row);
        return true;
    });
    if (const auto code = report(invocation, answer)) return *code;
    if (invocation.json()) {
        print_as_json(invocation, rows);
        return kDone;
    }
    const WallTime now = hooks::clock().wall_time();
    for (const Object& row : rows) {
        invocation.out() << "action " << number_of(row, "id") << ": in force until "
                         << time_text(wall_time_of(number_of(row, "due_wall_ms")), now) << " ("
                         << duration_text(number_of(row, "left_ms")) << ")\n";
    }
    return kDone;
}

// ---- abandon, forget ----

int do_abandon(Invocation& invocation) {
    const auto& words = invocation.arguments.positional();
    if (words.size() != 1) return invocation.fail(kBadUsage, "abandon takes one action's number");
    const auto id = parse_id(words.front());
    if (!id) return no_id(invocation, words.front());
    return simple_call(invocation, {{"op", "abandon"}, {"id", *id}}, [&](const Object&) {
        invocation.out() << "action " << *id << " is given up: what it did stays, and Riposte will not undo it\n";
    });
}

int do_forget(Invocation& invocation) {
    const auto& words = invocation.arguments.positional();
    const bool all = invocation.arguments.has("all");
    if (words.size() != (all ? 0U : 1U))
        return invocation.fail(kBadUsage, "forget takes one address or user, or --all");
    Object request{{"op", "forget"}};
    if (!all) request["value"] = words.front();
    return simple_call(invocation, request, [&](const Object& done) {
        const std::int64_t forgotten = number_of(done, "forgotten");
        invocation.out() << forgotten << (forgotten == 1 ? " repeat offender" : " repeat offenders") << " forgotten\n";
    });
}

}  // namespace

Subcommand undo_subcommand() {
    Subcommand subcommand;
    subcommand.name = "undo";
    subcommand.summary = "undo now what is in force";
    subcommand.usage = "ID... | --target VALUE | --command NAME | --all";
    subcommand.description =
        "Runs the reversals now and waits until each has succeeded or failed once. One that failed is tried again "
        "like\n"
        "every other, with growing pauses. An action that still waits for its turn is dropped. The number of times a\n"
        "repeat offender was seen stays; riposte forget resets it. With --offline it is done by this process from the\n"
        "ledger, while the service is stopped, and nothing new is taken from agent or manager meanwhile: before a\n"
        "removal. Errors in the configuration do not stand in its way.";
    subcommand.options = {{"target", "VALUE", "what acts on this address, user, file or key"},
                          {"command", "NAME", "what this command or executable did"},
                          {"all", "", "everything that is in force"},
                          {"no-wait", "", "ask for the reversals and do not wait"},
                          {"offline", "", "without a service, which is stopped"}};
    subcommand.examples =
        "  riposte undo 42 43\n"
        "  riposte undo --target 203.0.113.7        let this address in again\n"
        "  riposte undo --all --no-wait\n"
        "  riposte undo --all --offline             before Riposte is removed\n";
    subcommand.max_positional = 10'000;
    subcommand.run = do_undo;
    return subcommand;
}

Subcommand extend_subcommand() {
    Subcommand subcommand;
    subcommand.name = "extend";
    subcommand.summary = "move the time at which an action is undone";
    subcommand.usage = "ID DURATION | --target VALUE DURATION";
    subcommand.description =
        "Adds the duration to the time left: 90s, 10m, +1h, 2d; a negative one, -5m, brings the reversal forward, at "
        "the\n"
        "earliest to now. Prints the new times.";
    subcommand.options = {{"target", "VALUE", "everything that acts on this address, user, file or key"}};
    subcommand.examples =
        "  riposte extend 42 1h\n"
        "  riposte extend 42 -5m\n"
        "  riposte extend --target 203.0.113.7 1d\n";
    subcommand.max_positional = 2;
    subcommand.run = do_extend;
    return subcommand;
}

Subcommand abandon_subcommand() {
    Subcommand subcommand;
    subcommand.name = "abandon";
    subcommand.summary = "give up undoing an action";
    subcommand.usage = "ID";
    subcommand.description =
        "For a reversal that cannot succeed any more, for example because its executable is gone. What the action did\n"
        "stays as it is, and undoing it by other means is up to you.";
    subcommand.examples = "  riposte abandon 42\n";
    subcommand.max_positional = 1;
    subcommand.run = do_abandon;
    return subcommand;
}

Subcommand forget_subcommand() {
    Subcommand subcommand;
    subcommand.name = "forget";
    subcommand.summary = "forget repeat offenders";
    subcommand.usage = "VALUE | --all";
    subcommand.description =
        "The n-th offence of a key is undone after the n-th entry of <repeated_offenders>. This makes the next one "
        "the\n"
        "first again. What is in force stays in force.";
    subcommand.options = {{"all", "", "forget every offender"}};
    subcommand.examples =
        "  riposte forget 203.0.113.7\n"
        "  riposte forget --all\n";
    subcommand.max_positional = 1;
    subcommand.run = do_forget;
    return subcommand;
}

}  // namespace riposte
