// SPDX-License-Identifier: Apache-2.0
#include "src/cli/event_printer.h"

#include "src/cli/client.h"
#include "src/cli/table.h"
#include "src/hooks.h"

#include <boost/json/serialize.hpp>

#include <functional>
#include <map>
#include <ostream>
#include <string_view>

namespace riposte {
namespace {

using EventObject = boost::json::object;

std::string list_of(const EventObject& event, std::string_view name) {
    const boost::json::value* value = event.if_contains(name);
    if (value == nullptr || !value->is_array()) return {};
    std::string all;
    for (const boost::json::value& one : value->get_array()) {
        if (!one.is_string() || one.get_string().empty()) continue;
        all += (all.empty() ? "" : ", ") + cell_text({one.get_string().data(), one.get_string().size()});
    }
    return all;
}

std::string value(const EventObject& event, std::string_view name) {
    return cell_text(text_of(event, name));
}

bool is_reversal(const EventObject& event) {
    return text_of(event, "verb") == "delete";
}

std::string due(const EventObject& event, WallTime now) {
    const WallTime at = wall_time_of(number_of(event, "due_wall_ms"));
    return time_text(at, now) + " (" + duration_text(std::max<std::int64_t>((at - now).count(), 0)) + ")";
}

std::string received(const EventObject& event, WallTime) {
    return "received through " + value(event, "channel");
}

std::string refused(const EventObject& event, WallTime) {
    return "refused (" + value(event, "reason") + "): " + value(event, "text");
}

std::string started(const EventObject& event, WallTime) {
    return value(event, "executable") + (is_reversal(event) ? " delete" : " add") + " started, process " +
           std::to_string(number_of(event, "pid"));
}

std::string conversed(const EventObject& event, WallTime) {
    const std::string keys = list_of(event, "keys");
    return "it acts on " + (keys.empty() ? "nothing that it named" : keys);
}

// The executable's output, if it failed; after a success it is only the conversation.
std::string output_of(const EventObject& event) {
    if (text_of(event, "outcome") == "success" || text_of(event, "outcome") == "already_in_force") return {};
    std::string output = text_of(event, "output");
    output.erase(output.find_last_not_of(" \r\n") + 1);
    return output.empty() ? output : "; it wrote: " + cell_text(output);
}

std::string finished(const EventObject& event, WallTime) {
    std::string text = value(event, "executable");
    if (!text.empty()) text += is_reversal(event) ? " delete " : " add ";
    text += "ended: " + (event.contains("text") ? value(event, "text") : value(event, "outcome"));
    if (event.contains("duration_ms")) text += ", " + std::to_string(number_of(event, "duration_ms")) + " ms";
    return text + output_of(event);
}

std::string armed(const EventObject& event, WallTime now) {
    const std::string keys = list_of(event, "keys");
    return "in force" + (keys.empty() ? "" : " for " + keys) + " until " + due(event, now);
}

std::string extended(const EventObject& event, WallTime now) {
    const std::int64_t by = number_of(event, "by");
    return (by != 0 ? "asked for again by action " + std::to_string(by) : std::string("moved by an operator")) +
           ": in force until " + due(event, now);
}

std::string retrying(const EventObject& event, WallTime now) {
    return "could not be undone, " + value(event, "text") +
           " (failures: " + std::to_string(number_of(event, "failures")) + "); tried again at " + due(event, now);
}

std::string with_text(const char* what, const EventObject& event) {
    const std::string text = value(event, "text");
    return text.empty() ? what : std::string(what) + ": " + text;
}

std::string service(const EventObject& event, WallTime) {
    return with_text(("the service: " + value(event, "state")).c_str(), event);
}

std::string config(const EventObject& event, WallTime) {
    return flag_of(event, "reloaded") ? "the configuration was reloaded"
                                      : "the configuration has errors and was not reloaded; riposte check lists them";
}

using Teller = std::function<std::string(const EventObject&, WallTime now)>;

Teller plainly(const char* what) {
    return [what](const EventObject& event, WallTime) { return with_text(what, event); };
}

const std::map<std::string, Teller, std::less<>>& tellers() {
    static const std::map<std::string, Teller, std::less<>> table{
        {"received", received},
        {"refused", refused},
        {"queued", [](const EventObject&, WallTime) { return "waits for its turn"; }},
        {"started", started},
        {"told", [](const EventObject&, WallTime) { return "told what to do"; }},
        {"conversed", conversed},
        {"finished", finished},
        {"armed", armed},
        {"extended", extended},
        {"reversing", [](const EventObject&, WallTime) { return "is being undone"; }},
        {"reversed", [](const EventObject&, WallTime) { return "undone"; }},
        {"retrying", retrying},
        {"abandoned", [](const EventObject&, WallTime) { return "given up by an operator: what it did stays"; }},
        {"reapplied", plainly("applied again after a reboot")},
        {"merged", [](const EventObject& event,
                      WallTime) { return "taken over by action " + std::to_string(number_of(event, "into")); }},
        {"lost", plainly("Riposte had ended before its executable did")},
        {"stale", plainly("too old, not run")},
        {"limited", plainly("a limit was passed")},
        {"ledger", plainly("the ledger")},
        {"config", config},
        {"service", service},
    };
    return table;
}

Colour colour_of(std::string_view kind, const EventObject& event) {
    if (kind == "refused" || kind == "retrying" || kind == "ledger" || kind == "lost") return Colour::Bad;
    if (kind == "reversed") return Colour::Good;
    if (kind == "armed" || kind == "extended" || kind == "stale" || kind == "limited") return Colour::Notice;
    const std::string outcome = kind == "finished" ? text_of(event, "outcome") : "success";
    const bool fine = outcome == "success" || outcome == "already_in_force" || outcome == "dry_run";
    return fine ? Colour::None : Colour::Bad;
}

bool is_good(const std::string& outcome) {
    return outcome.empty() || outcome == "success" || outcome == "already_in_force" || outcome == "dry_run";
}

// A failed reversal is tried until it succeeds, so the last word about it is what counts.
int code_of(const boost::json::object& action) {
    if (text_of(action, "verdict") == "refused") return kRefused;
    return is_good(text_of(action, "apply")) && is_good(text_of(action, "reverse")) ? kDone : kFailed;
}

}  // namespace

std::string EventPrinter::sentence(const boost::json::object& event, WallTime now) {
    const std::string kind = text_of(event, "event");
    const auto found = tellers().find(kind);
    return found == tellers().end() ? with_text(cell_text(kind).c_str(), event) : found->second(event, now);
}

void EventPrinter::print(const boost::json::object& event) {
    std::ostream& out = invocation_.out();
    if (invocation_.json()) {
        out << boost::json::serialize(event) << std::endl;
        return;
    }
    const WallTime now = hooks::clock().wall_time();
    const std::string kind = text_of(event, "event");
    const std::int64_t action = number_of(event, "action");
    out << coloured(time_text(now, now), Colour::Faint, invocation_.streams.terminal) << "  ";
    if (numbered_ && action != 0) out << "action " << action << ": ";
    // A follower may look for minutes at this line; it must be there when the event is.
    out << coloured(sentence(event, now), colour_of(kind, event), invocation_.streams.terminal);
    if (kind == "armed" && hint_) out << "; Ctrl-C ends the telling, not the action";
    out << std::endl;
}

int conclude(const Invocation& invocation, const boost::json::array& actions, bool told) {
    int code = kDone;
    for (const boost::json::value& value : actions) {
        const boost::json::object* action = value.if_object();
        if (action == nullptr) continue;
        code = std::max(code, code_of(*action));
        if (told || invocation.json()) continue;
        const std::string verdict = text_of(*action, "verdict");
        invocation.out() << "action " << number_of(*action, "action") << ": ";
        if (verdict == "refused") {
            invocation.out() << "refused (" << cell_text(text_of(*action, "reason"))
                             << "): " << cell_text(text_of(*action, "text")) << "\n";
        } else if (!is_good(text_of(*action, "apply"))) {
            invocation.out() << "failed: " << cell_text(text_of(*action, "apply_text")) << "\n";
        } else {
            invocation.out() << (verdict == "queued" ? "recorded; it waits for its turn\n" : "recorded and started\n");
        }
    }
    if (invocation.json() && !told) invocation.out() << boost::json::serialize(actions) << "\n";
    return code;
}

}  // namespace riposte
