// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/cli/dry_run.h"
#include "src/cli/places.h"
#include "src/cli/request_builder.h"
#include "src/cli/subcommands.h"
#include "src/cli/submit.h"
#include "src/cli/table.h"
#include "src/config/alert_match.h"
#include "src/config/duration.h"
#include "src/hooks.h"
#include "src/log/log.h"
#include "src/request/utf8.h"

#include <ostream>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxAlertBytes = std::size_t{1024} * 1024;
constexpr std::int64_t kMaxTimeout = std::int64_t{10} * 365 * 86'400;

// ---- what the command line says ----

std::optional<int> read_draft(const Invocation& invocation, RequestDraft& draft) {
    const Arguments& arguments = invocation.arguments;
    if (!arguments.positional().empty()) draft.name = arguments.positional().front();
    draft.srcip = arguments.get("srcip").value_or("");
    draft.user = arguments.get("user").value_or("");
    draft.filename = arguments.get("file").value_or("");
    draft.rule_id = arguments.get("rule-id").value_or("");
    draft.extra_args = arguments.all("arg");
    if (const auto text = arguments.get("timeout")) {
        // A number of seconds, as it stands in a response's name, or a duration.
        draft.timeout = parse_duration(*text);
        if (!draft.timeout || draft.timeout->count() > kMaxTimeout) {
            return invocation.fail(kBadUsage, "--timeout is a number of seconds or a duration, such as 600 or 10m");
        }
    }
    if (const auto text = arguments.get("dialect")) {
        const auto dialect = dialect_from_string(*text);
        if (!dialect) return invocation.fail(kBadUsage, "--dialect is wazuh4, wazuh5 or ossec");
        draft.dialect = *dialect;
    }
    for (const std::string* value : {&draft.srcip, &draft.user, &draft.filename, &draft.rule_id, &draft.name}) {
        if (!is_utf8(*value)) return invocation.fail(kBadUsage, riposte::quoted(*value) + " is no UTF-8");
    }
    return std::nullopt;
}

std::optional<int> take_alert(const Invocation& invocation, RequestDraft& draft) {
    const auto file = invocation.arguments.get("alert");
    if (!file) return std::nullopt;
    const Result<std::string> text = read_input(invocation, *file, kMaxAlertBytes);
    if (!text) return invocation.fail(kFailed, text.error().text());
    Result<Document> alert = read_alert(*text);
    if (!alert) return invocation.fail(kFailed, *file + ": " + alert.error().text());
    draft.alert = std::move(*alert);
    return std::nullopt;
}

// ---- an alert decides ----

std::string value_at(const Document& alert, std::string_view path) {
    const Document* value = alert.find_path(path);
    if (value == nullptr) return "none";
    return value->is_string() || value->is_number() ? value->text() : value->serialize();
}

std::string conditions(const ActiveResponse& response) {
    std::string text;
    const auto add = [&text](const std::string& condition, const char* joint) {
        text += (text.empty() ? "" : joint) + condition;
    };
    if (response.level) add("level " + std::to_string(*response.level) + " or more", "");
    if (!response.rules_group.empty()) add("rules_group " + response.rules_group, " and ");
    std::string ids;
    for (const int id : response.rules_id) ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    if (!ids.empty()) add("rules_id " + ids, ", or ");
    return text;
}

// The first condition that stands in the way, in the order in which a person would look.
std::string why_not(const ActiveResponse& response, const Config& config, const Document& alert) {
    const Command* command = config.find_command(response.command);
    if (command == nullptr) return "its command is not defined";
    if (response.disabled) return "it is disabled";
    if (!response.location_local && !response.location_all) return "its location is not local, so it never runs here";
    if (conditions(response).empty())
        return "it has no condition (level, rules_group, rules_id), so a manager never sends it";
    if (value_at(alert, "rule.level") == "none") return "the alert has no rule.level, so it sets off nothing";
    if (value_at(alert, "rule.level") == "0") return "an alert of level 0 sets off nothing";
    return "it wants " + conditions(response) + "; the alert has level " + value_at(alert, "rule.level") + ", rule " +
           value_at(alert, "rule.id") + ", groups " + value_at(alert, "rule.groups");
}

int explain_none(const Invocation& invocation, const Setup& setup, const Document& alert) {
    invocation.err() << "riposte: the alert sets off no active response\n";
    bool any = false;
    for (const ActiveResponse& response : setup.config.active_responses) {
        if (response.command.empty()) continue;
        any = true;
        invocation.err() << "  " << cell_text(response.name()) << " (" << cell_text(response.where.file) << ":"
                         << response.where.line << "): " << cell_text(why_not(response, setup.config, alert)) << "\n";
    }
    if (!any) invocation.err() << "  none is configured on this host; name one to run it all the same\n";
    return kRefused;
}

// ---- from there to messages ----

std::optional<int> names_for(const Invocation& invocation, const Setup& setup, const RequestDraft& draft,
                             std::vector<std::string>& names) {
    if (!draft.name.empty()) {
        names.push_back(draft.name);
        return std::nullopt;
    }
    if (!draft.alert.is_object()) {
        return invocation.fail(kBadUsage, "run takes the name of an active response or a command, or --alert FILE");
    }
    if (draft.timeout) return invocation.fail(kBadUsage, "--timeout needs a name: an alert's responses have their own");
    for (const ActiveResponse* response : responses_for_alert(setup.config, draft.alert))
        names.push_back(response->name());
    if (names.empty()) return explain_none(invocation, setup, draft.alert);
    return std::nullopt;
}

std::optional<int> build_messages(const Invocation& invocation, const Setup& setup, RequestDraft draft,
                                  std::vector<std::string>& messages) {
    Diagnostics ignored;
    const Catalog catalog(setup.config, load_ar_conf(ar_conf_path(setup.home), ignored),
                          [&setup](const std::string& executable) {
                              std::error_code error;
                              return std::filesystem::exists(bin_directory(setup.home) / utf8_path(executable), error);
                          });
    std::vector<std::string> names;
    if (const auto code = names_for(invocation, setup, draft, names)) return code;
    for (const std::string& name : names) {
        draft.name = name;
        Result<std::string> message = build_message(draft, catalog, hooks::clock().wall_time());
        if (!message) return invocation.fail(kBadUsage, message.error().text());
        messages.push_back(std::move(*message));
    }
    return std::nullopt;
}

// `run` decides by the files as they are now; a service that runs reports errors in the files that it has loaded.
bool tell_errors(const Invocation& invocation, const Setup& setup) {
    for (const Diagnostic& finding : setup.found) {
        if (finding.severity == Diagnostic::Severity::Error) invocation.err() << cell_text(finding.text()) << "\n";
    }
    return has_errors(setup.found);
}

int do_run(Invocation& invocation) {
    RequestDraft draft;
    if (const auto code = read_draft(invocation, draft)) return *code;
    if (const auto code = take_alert(invocation, draft)) return *code;
    const bool dry = invocation.arguments.has("dry-run");
    const Setup setup = load_setup(invocation.arguments);
    // A name needs no configuration of this user's: the service has its own.
    const bool needs_config = dry || draft.name.empty();
    if (needs_config && tell_errors(invocation, setup)) return kFailed;
    std::vector<std::string> messages;
    if (const auto code = build_messages(invocation, setup, std::move(draft), messages)) return *code;
    if (dry) {
        start_log("warning");
        return dry_run(invocation, setup, messages);
    }
    return submit_messages(invocation, messages, !invocation.arguments.has("no-follow"));
}

}  // namespace

Subcommand run_subcommand() {
    Subcommand subcommand;
    subcommand.name = "run";
    subcommand.summary = "run an active response now, by its name or for a recorded alert";
    subcommand.usage = "NAME | --alert FILE";
    subcommand.description =
        "Builds a request as a manager would and gives it to the service. NAME is an active response "
        "(firewall-drop600),\n"
        "a command (firewall-drop, with --timeout or the timeout of its active response) or !executable. With --alert "
        "and\n"
        "no name, the alert's level, rule and groups decide which local responses run, as on a manager; if none does, "
        "it\n"
        "says why not for each. FILE holds an alert, a line of alerts.json or a whole message; - is standard input.\n"
        "It then tells what happens until the action is undone. Ctrl-C ends the telling, not the action.\n"
        "With --dry-run nothing is run and no service is needed: it shows what would be run, told and undone.";
    subcommand.options = {{"alert", "FILE", "the alert to act on"},
                          {"srcip", "ADDRESS", "the address to act on"},
                          {"user", "NAME", "the user to act on"},
                          {"file", "PATH", "the file to act on"},
                          {"rule-id", "N", "the rule that fired"},
                          {"arg", "TEXT", "an extra argument, as it is; may be given again", true},
                          {"timeout", "SECONDS", "undo it after this time (600 or 10m)"},
                          {"dialect", "NAME", "the message's format: wazuh4 (default), wazuh5 or ossec"},
                          {"dry-run", "", "show what would happen"},
                          {"no-follow", "", "print the action's number and do not wait"}};
    subcommand.examples =
        "  riposte run firewall-drop --srcip 203.0.113.7 --timeout 10m\n"
        "  riposte run --alert alert.json --dry-run\n"
        "  tail -n 1 /var/ossec/logs/alerts/alerts.json | riposte run firewall-drop600 --alert -\n";
    subcommand.max_positional = 1;
    subcommand.run = do_run;
    return subcommand;
}

}  // namespace riposte
