// SPDX-License-Identifier: Apache-2.0
#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"

#include <boost/json/serialize.hpp>

#include <ostream>
#include <string>

namespace riposte {
namespace {

using Object = boost::json::object;

Object object_of(const Object& from, std::string_view name) {
    const boost::json::value* value = from.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : Object();
}

std::string number(const Object& from, std::string_view name) {
    return std::to_string(number_of(from, name));
}

std::string refusals(const Object& engine) {
    std::int64_t all = 0;
    std::string reasons;
    for (const auto& [reason, count] : object_of(engine, "refused")) {
        const std::int64_t refused = count.is_int64() ? count.get_int64() : 0;
        all += refused;
        reasons +=
            (reasons.empty() ? "" : ", ") + cell_text({reason.data(), reason.size()}) + " " + std::to_string(refused);
    }
    return std::to_string(all) + (reasons.empty() ? "" : " (" + reasons + ")");
}

class Sheet {
  public:
    explicit Sheet(const Invocation& invocation) : invocation_(invocation) {}
    void line(std::string title, const std::string& value, Colour colour = Colour::None) {
        constexpr std::size_t kColumn = 15;
        title.resize(kColumn, ' ');
        invocation_.out() << coloured(title, Colour::Faint, invocation_.streams.terminal)
                          << coloured(cell_text(value), colour, invocation_.streams.terminal) << "\n";
    }

  private:
    const Invocation& invocation_;
};

void show(const Invocation& invocation, const Object& status) {
    const Object engine = object_of(status, "engine");
    const Object ledger = object_of(status, "ledger");
    const std::string config = text_of(status, "config");
    Sheet sheet(invocation);
    sheet.line("riposte", text_of(status, "version") + ", process " + number(status, "pid") + ", up " +
                              duration_text(number_of(status, "uptime_ms")));
    sheet.line("home", text_of(status, "home"));
    sheet.line("state", text_of(status, "state"));
    sheet.line("configuration", (config.empty() ? "the defaults" : config) + ", " + number(status, "warnings") +
                                    " warnings (riposte check)");
    std::string next;
    if (engine.contains("next_due_left_ms"))
        next = ", the next is undone in " + duration_text(number_of(engine, "next_due_left_ms"));
    sheet.line("in force", number(engine, "in_force") + next);
    const std::int64_t retrying = number_of(engine, "retrying");
    sheet.line("retrying", std::to_string(retrying) + (retrying == 0 ? "" : " reversals fail (riposte pending)"),
               retrying == 0 ? Colour::None : Colour::Bad);
    sheet.line("running", number(engine, "running") + ", queued " + number(engine, "queued"));
    sheet.line("requests", number(engine, "received") + " received, " + number(engine, "repeats") +
                               " of them for what was in force");
    sheet.line("refused", refusals(engine));
    sheet.line("applied", number(engine, "applied") + ", failed " + number(engine, "failed"));
    sheet.line("reversed", number(engine, "reversed") + ", tries that failed " + number(engine, "reverse_failed"));
    const Object agent = object_of(status, "agent");
    if (flag_of(agent, "fights"))
        sheet.line("agent", text_of(agent, "text") + ": " + text_of(agent, "remedy"), Colour::Bad);
    const Object link = object_of(status, "link");
    if (!link.empty()) {
        const bool connected = text_of(link, "state") == "connected";
        const std::string kind = text_of(link, "kind");
        sheet.line("manager",
                   text_of(link, "manager") + " (" + text_of(link, "transport") + (kind.empty() ? "" : ", " + kind) +
                       "): " + text_of(link, "state") + (connected ? " as " + text_of(link, "agent") : "") + ", " +
                       number(link, "requests") + " requests, " + number(link, "results_waiting") + " results wait" +
                       (connected ? "" : "; " + text_of(link, "problem")),
                   connected ? Colour::None : Colour::Bad);
    }
    const bool writable = flag_of(ledger, "writable");
    sheet.line("ledger",
               (writable ? "sound, " : "CANNOT BE WRITTEN: " + text_of(ledger, "problem") + "; ") +
                   std::to_string(number_of(ledger, "bytes") / 1024) + " KiB",
               writable ? Colour::None : Colour::Bad);
}

int do_status(Invocation& invocation) {
    return simple_call(invocation, {{"op", "status"}}, [&](const Object& done) { show(invocation, done); });
}

void show_findings(const Invocation& invocation, const Object& done) {
    const boost::json::value* list = done.if_contains("diagnostics");
    if (list == nullptr || !list->is_array()) return;
    for (const boost::json::value& value : list->get_array()) {
        if (!value.is_object()) continue;
        const Object& finding = value.get_object();
        const std::int64_t line = number_of(finding, "line");
        invocation.out() << cell_text(text_of(finding, "file")) << (line == 0 ? "" : ":" + std::to_string(line)) << ": "
                         << cell_text(text_of(finding, "severity")) << ": " << cell_text(text_of(finding, "message"))
                         << "\n";
    }
}

int do_reload(Invocation& invocation) {
    bool reloaded = true;
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    const Result<Answer> answer = connection.client->call({{"op", "reload"}});
    if (const auto code = report(invocation, answer)) return *code;
    reloaded = flag_of(answer->done, "reloaded");
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(answer->done) << "\n";
    } else {
        show_findings(invocation, answer->done);
        invocation.out() << (reloaded ? "the configuration was reloaded\n"
                                      : "the running configuration stays in force\n");
    }
    return reloaded ? kDone : kFailed;
}

}  // namespace

Subcommand status_subcommand() {
    Subcommand subcommand;
    subcommand.name = "status";
    subcommand.summary = "how the service is";
    subcommand.description =
        "Shows where the running service works, what is in force, what it has done since its start, why requests were\n"
        "refused, and whether its ledger can be written. While it cannot, stateful requests are refused. Beside an "
        "agent\n"
        "it warns while the agent's own runner would fight over the request socket.";
    subcommand.examples =
        "  riposte status\n"
        "  riposte status --json | jq .engine.retrying\n";
    subcommand.run = do_status;
    return subcommand;
}

Subcommand reload_subcommand() {
    Subcommand subcommand;
    subcommand.name = "reload";
    subcommand.summary = "make the service read its configuration again";
    subcommand.description =
        "Takes the configuration for requests from now on; what is in force keeps what it was applied with. A\n"
        "configuration with errors is not taken: they are listed, the running one stays, and the exit code is 1.\n"
        "SIGHUP does the same. The home and the state directory stay as they are until a restart.";
    subcommand.examples =
        "  riposte reload\n"
        "  riposte check && riposte reload\n";
    subcommand.run = do_reload;
    return subcommand;
}

}  // namespace riposte
