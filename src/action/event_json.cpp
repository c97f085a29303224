// SPDX-License-Identifier: Apache-2.0
#include "src/action/event_json.h"

#include "src/action/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace riposte {
namespace {

using boost::json::array;
using boost::json::object;

array texts_json(const std::vector<std::string>& texts) {
    array list;
    list.reserve(texts.size());
    for (const std::string& text : texts) list.emplace_back(text);
    return list;
}

std::string_view verb_text(Verb verb) {
    return verb == Verb::Apply ? "add" : "delete";
}

// Adds the details of one kind of event to the whole event's object.
struct AddDetails {
    object& whole;

    template <class Value>
    void add(std::string_view name, Value&& value) const {
        whole.emplace(name, std::forward<Value>(value));
    }
    void add_unless_empty(std::string_view name, const std::string& text) const {
        if (!text.empty()) add(name, text);
    }

    void operator()(const event::Received& received) const {
        add("channel", received.channel);
        add("bytes", received.bytes);
    }
    void operator()(const event::Refused& refused) const {
        add("reason", to_string(refused.refusal.reason));
        add("text", refused.refusal.text);
        add("channel", refused.channel);
        add_unless_empty("message", refused.message);
    }
    void operator()(const event::Limited& limited) const {
        add("reason", to_string(limited.refusal.reason));
        add("text", limited.refusal.text);
        add("unreported", limited.unreported);
    }
    void operator()(const event::DryRun& run) const {
        add("command", run.command);
        add("executable", run.executable);
        add("outcome", to_string(Outcome::Kind::DryRun));
        add("argv", texts_json(run.argv));
        add("line", run.line);
        add("timeout_s", run.timeout.count());
    }
    void operator()(const event::Queued& queued) const { add("command", queued.command); }
    void operator()(const event::Started& started) const {
        add("command", started.command);
        add("executable", started.executable);
        add("verb", verb_text(started.verb));
        add("pid", started.pid);
    }
    void operator()(const event::Told&) const {}
    void operator()(const event::Conversed& conversed) const { add("keys", texts_json(conversed.keys)); }
    void operator()(const event::Finished& finished) const {
        const Outcome& outcome = finished.outcome;
        add("command", finished.command);
        add("executable", finished.executable);
        add("verb", verb_text(finished.verb));
        add("outcome", to_string(outcome.kind));
        add("text", describe(outcome));
        add("duration_ms", outcome.duration.count());
        if (outcome.exit_code != 0) add("exit_code", outcome.exit_code);
        if (outcome.signal != 0) add("signal", outcome.signal);
        add_unless_empty("output", first_bytes(outcome.output));
        if (outcome.output_dropped != 0) add("output_dropped", outcome.output_dropped);
    }
    void operator()(const event::Armed& armed) const {
        add("due_wall_ms", to_ms(armed.due.wall));
        add("keys", texts_json(armed.keys));
    }
    void operator()(const event::Merged& merged) const { add("into", merged.into); }
    void operator()(const event::Extended& extended) const {
        add("by", extended.by ? boost::json::value(*extended.by) : boost::json::value("operator"));
        add("due_wall_ms", to_ms(extended.due.wall));
    }
    void operator()(const event::Drifted&) const {}
    void operator()(const event::Reapplied& reapplied) const {
        add("outcome", to_string(reapplied.outcome.kind));
        add("text", describe(reapplied.outcome));
    }
    void operator()(const event::Reversing& reversing) const {
        add("command", reversing.command);
        add("executable", reversing.executable);
    }
    void operator()(const event::Reversed& reversed) const { add("command", reversed.command); }
    void operator()(const event::Retrying& retrying) const {
        add("failures", retrying.failures);
        add("text", describe(retrying.outcome));
        add("due_wall_ms", to_ms(retrying.due.wall));
    }
    void operator()(const event::Abandoned&) const { add("by", "operator"); }
    void operator()(const event::Lost& lost) const {
        add("command", lost.command);
        add("stateful", lost.stateful);
    }
    void operator()(const event::Stale& stale) const {
        add("command", stale.command);
        add("text", stale.text);
    }
    void operator()(const event::Unrecorded& unrecorded) const { add("text", unrecorded.text); }

    void operator()(const event::LedgerMigrated& migrated) const {
        add("text", "migrated");
        add("from", migrated.from);
    }
    void operator()(const event::LedgerSetAside& damaged) const {
        add("text", "damaged");
        add("set_aside", damaged.moved_to);
        add("carried_over", damaged.carried_over);
        add("lost", damaged.lost);
    }
    void operator()(const event::ConfigReloaded& config) const {
        add("reloaded", config.reloaded);
        add("diagnostics", diagnostics_json(config.diagnostics));
    }
    void operator()(const event::ArConfTaken& taken) const {
        add("text", "ar.conf");
        add("file", taken.file);
        add("bytes", taken.bytes);
    }
    void operator()(const event::LinkChanged& link) const {
        add("state", link.state);
        add_unless_empty("manager", link.manager);
        add_unless_empty("kind", link.kind);
        add_unless_empty("text", link.text);
    }
    void operator()(const event::ServiceStarted& service) const {
        add("state", "started");
        add("version", service.version);
        add("pid", service.pid);
        add("home", service.home);
    }
    void operator()(const event::ServiceStopped& service) const {
        add("state", "stopped");
        add("version", service.version);
        add("pid", service.pid);
        add("in_force", service.in_force);
    }
};

}  // namespace

object event_json(const Event& event) {
    object whole;
    whole.emplace("time", utc_time(event.time));
    whole.emplace("event", std::visit([](const auto& details) { return details.kName; }, event.details));
    if (event.action != 0) whole.emplace("action", event.action);
    std::visit(AddDetails{whole}, event.details);
    return whole;
}

array diagnostics_json(const Diagnostics& diagnostics) {
    array list;
    for (const Diagnostic& finding : diagnostics) {
        list.push_back(object{{"severity", to_string(finding.severity)},
                              {"file", finding.file},
                              {"line", finding.line},
                              {"message", finding.message}});
    }
    return list;
}

}  // namespace riposte
