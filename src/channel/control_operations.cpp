// SPDX-License-Identifier: Apache-2.0
// The operations of the control channel.
#include "src/action/event_json.h"
#include "src/channel/control_rows.h"
#include "src/channel/control_session.h"
#include "src/channel/control_undo.h"
#include "src/channel/watch.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace riposte {
namespace {

using Session = std::shared_ptr<ControlSession>;

constexpr std::int64_t kMaxExtension = std::int64_t{10} * 365 * 86'400'000;
constexpr std::int64_t kMaxHistory = 100'000;
constexpr int kPage = 500;
constexpr std::size_t kMaxMessages = 1000;
constexpr std::size_t kMaxIds = 10'000;
// Events that wait while the rows before them are still being sent.
constexpr std::size_t kMaxEarlyEvents = 10'000;

std::int64_t ms_until(BootTime time, const Clock& clock) {
    return std::max<std::int64_t>((time - clock.boot_time()).count(), 0);
}

// ---- rows, a page at a time ----

struct Pages {
    Ledger::Query query;
    std::int64_t left = 0;  // rows still wanted; 0: all
    std::function<boost::json::object(const Action&)> row;
    // `done` counts the rows, and names the last one's id as "next" if there may be more.
    std::function<void(boost::json::object done)> end;
    std::int64_t sent = 0;
};

void send_pages(const Session& session, const std::shared_ptr<Pages>& pages);

void send_page(const Session& session, const std::shared_ptr<Pages>& pages, const std::vector<Action>& found) {
    for (const Action& action : found) session->row(pages->row(action));
    const auto count = static_cast<std::int64_t>(found.size());
    pages->sent += count;
    if (!found.empty()) pages->query.after_id = found.back().id;
    if (count < pages->query.limit) return pages->end({{"rows", pages->sent}});
    const bool enough = pages->left != 0 && (pages->left -= count) <= 0;
    if (enough) return pages->end({{"rows", pages->sent}, {"next", pages->query.after_id}});
    send_pages(session, pages);
}

void send_pages(const Session& session, const std::shared_ptr<Pages>& pages) {
    pages->query.limit = pages->left == 0 ? kPage : static_cast<int>(std::min<std::int64_t>(kPage, pages->left));
    session->services().ledger.query(pages->query,
                                     [weak = std::weak_ptr(session), pages](Result<std::vector<Action>> found) {
                                         const Session still = weak.lock();
                                         if (!still || !still->open()) return;
                                         if (!found) return still->error("ledger", found.error().text());
                                         send_page(still, pages, *found);
                                     });
}

std::int64_t read_limit(Members& members, std::int64_t otherwise) {
    const std::int64_t limit = members.number("limit").value_or(otherwise);
    if (limit < 0 || limit > kMaxHistory) members.wrong("\"limit\" is a number from 0 (all) to 100000");
    return limit;
}

void filter(Ledger::Query& query, Members& members) {
    query.target = members.text("target");
    query.command = members.text("command");
    if (const auto since = members.number("since_wall_ms")) query.since = wall_time_of(*since);
    query.id = members.number("id");
    query.after_id = members.number("after_id").value_or(0);
}

void pending(const Session& session, Members& members) {
    auto pages = std::make_shared<Pages>();
    pages->query.pending_only = true;
    filter(pages->query, members);
    pages->left = read_limit(members, 0);
    if (!members.problem().empty()) return;
    const auto* raw = session.get();
    pages->row = [raw](const Action& action) {
        const auto& services = raw->services();
        return pending_row(action, services.clock, services.engine.live_state(action.id));
    };
    pages->end = [weak = std::weak_ptr(session)](boost::json::object done) {
        if (const Session still = weak.lock()) still->done(std::move(done));
    };
    send_pages(session, pages);
}

// ---- history, and everything from now on ----

struct Follower {
    std::vector<Event> early;
    bool rows_sent = false;
    Events::Subscription subscription;
};

void follow_all(const Session& session, const std::shared_ptr<Follower>& follower) {
    follower->subscription =
        session->services().events.subscribe([weak = std::weak_ptr(session), raw = follower.get()](const Event& event) {
            const Session still = weak.lock();
            if (!still) return;
            if (raw->rows_sent) return still->event(event);
            if (raw->early.size() < kMaxEarlyEvents) raw->early.push_back(event);
        });
    session->hold(follower);
}

void history(const Session& session, Members& members) {
    auto pages = std::make_shared<Pages>();
    filter(pages->query, members);
    pages->query.oldest_first = false;
    pages->left = read_limit(members, 50);
    const bool follow = members.flag("follow");
    if (!members.problem().empty()) return;
    if (pages->left == 0) pages->left = kMaxHistory;
    const auto follower = std::make_shared<Follower>();
    if (follow) follow_all(session, follower);
    const auto* raw = session.get();
    pages->row = [raw](const Action& action) {
        const auto& services = raw->services();
        return history_row(action, services.clock, services.engine.live_state(action.id));
    };
    pages->end = [weak = std::weak_ptr(session), follower, follow](boost::json::object done) {
        const Session still = weak.lock();
        if (!still) return;
        if (!follow) return still->done(std::move(done));
        still->following();
        follower->rows_sent = true;
        for (const Event& event : std::exchange(follower->early, {})) still->event(event);
    };
    send_pages(session, pages);
}

// ---- submit ----

struct Submission {
    std::shared_ptr<Watch> watch;
    std::vector<ActionId> ids;
    std::map<ActionId, boost::json::object> verdicts;
    bool all_submitted = false;
    bool follow = false;
};

void note_refusal(boost::json::object& verdict, const Refusal& refusal) {
    verdict["verdict"] = "refused";
    verdict["reason"] = to_string(refusal.reason);
    verdict["text"] = refusal.text;
}

void note_event(boost::json::object& verdict, const Event& event) {
    if (const auto* refused = event.as<event::Refused>()) {
        note_refusal(verdict, refused->refusal);
    } else if (const auto* finished = event.as<event::Finished>()) {
        const bool reversal = finished->verb == Verb::Reverse;
        verdict[reversal ? "reverse" : "apply"] = to_string(finished->outcome.kind);
        verdict[reversal ? "reverse_text" : "apply_text"] = describe(finished->outcome);
    } else if (event.is<event::DryRun>()) {
        verdict["apply"] = to_string(Outcome::Kind::DryRun);
        verdict["apply_text"] = "";
    } else if (event.is<event::Queued>()) {
        verdict.emplace("verdict", "queued");
    } else if (event.is<event::Started>() && (!verdict.contains("verdict") || verdict["verdict"] == "queued")) {
        verdict["verdict"] = "run";
    }
}

void answer_submission(const Session& session, const std::shared_ptr<Submission>& submission) {
    if (!submission->all_submitted || !submission->watch->is_over()) return;
    boost::json::array actions;
    for (const ActionId id : submission->ids) {
        boost::json::object verdict = submission->verdicts[id];
        verdict["action"] = id;
        verdict.emplace("verdict", "run");
        actions.push_back(std::move(verdict));
    }
    session->done({{"actions", std::move(actions)}});
}

std::shared_ptr<Watch> watch_submission(const Session& session, const std::shared_ptr<Submission>& submission) {
    const std::weak_ptr<ControlSession> weak_session = session;
    const std::weak_ptr<Submission> weak = submission;
    return Watch::start(
        session->services(), submission->follow ? Watch::Until::Over : Watch::Until::Decided,
        [weak_session, weak](const Event& event) {
            const auto still = weak.lock();
            const Session open = weak_session.lock();
            if (!still || !open) return;
            note_event(still->verdicts[event.action], event);
            if (still->follow) open->event(event);
        },
        [weak_session, weak](const Event&) {
            const auto still = weak.lock();
            const Session open = weak_session.lock();
            if (still && open) answer_submission(open, still);
        });
}

void submit(const Session& session, Members& members) {
    std::vector<std::string> messages = members.texts("messages");
    if (auto message = members.text("message")) messages.push_back(std::move(*message));
    auto submission = std::make_shared<Submission>();
    submission->follow = members.flag("follow");
    if (messages.empty()) members.wrong("\"submit\" needs a \"message\"");
    if (messages.size() > kMaxMessages) members.wrong("\"messages\" holds more than 1000");
    if (!members.problem().empty()) return;
    session->hold(submission);
    submission->watch = watch_submission(session, submission);
    for (std::string& message : messages) {
        const std::size_t size = message.size();
        const Engine::Verdict verdict = submission->watch->submit({std::move(message), size, "control"});
        submission->ids.push_back(verdict.id);
        if (verdict.refusal) note_refusal(submission->verdicts[verdict.id], *verdict.refusal);
    }
    submission->all_submitted = true;
    answer_submission(session, submission);
}

// ---- what is in force ----

void undo(const Session& session, Members& members) {
    UndoOperation::What what;
    what.ids = members.numbers("ids");
    what.follow = members.flag("follow");
    const bool all = members.flag("all");
    what.query.pending_only = true;
    what.query.limit = kPage;
    filter(what.query, members);
    const bool filtered = what.query.target || what.query.command || what.query.id;
    if (what.ids.empty() && !filtered && !all) members.wrong("\"undo\" needs \"ids\", a \"target\", or \"all\"");
    if (!members.problem().empty()) return;
    const auto operation = std::make_shared<UndoOperation>(session, std::move(what));
    session->hold(operation);
    operation->start();
}

void extend_found(const Session& session, const std::vector<ActionId>& ids, std::chrono::milliseconds by) {
    const auto& services = session->services();
    std::int64_t extended = 0;
    std::string problem = "nothing that is in force matches";
    for (const ActionId id : ids) {
        const Result<Due> due = services.engine.extend(id, by);
        if (!due) {
            problem = due.error().text();
            continue;
        }
        ++extended;
        session->row({{"id", id}, {"due_wall_ms", to_ms(due->wall)}, {"left_ms", ms_until(due->boot, services.clock)}});
    }
    if (extended == 0) return session->error("not_found", problem);
    session->done({{"extended", extended}});
}

void extend(const Session& session, Members& members) {
    Ledger::Query query;
    filter(query, members);
    query.pending_only = true;
    query.limit = 5000;
    const auto by_ms = members.number("by_ms");
    if (!by_ms || *by_ms < -kMaxExtension || *by_ms > kMaxExtension)
        members.wrong("\"by_ms\" is a number of at most 10 years");
    if (!query.id && !query.target) members.wrong("\"extend\" needs an \"id\" or a \"target\"");
    if (!members.problem().empty()) return;
    if (query.id) return extend_found(session, {*query.id}, std::chrono::milliseconds(*by_ms));
    session->services().ledger.query(query, [weak = std::weak_ptr(session), by = std::chrono::milliseconds(*by_ms)](
                                                Result<std::vector<Action>> found) {
        const Session still = weak.lock();
        if (!still || !still->open()) return;
        if (!found) return still->error("ledger", found.error().text());
        std::vector<ActionId> ids;
        for (const Action& action : *found) ids.push_back(action.id);
        extend_found(still, ids, by);
    });
}

void abandon(const Session& session, Members& members) {
    const auto id = members.number("id");
    if (!id) members.wrong("\"abandon\" needs an \"id\"");
    if (!members.problem().empty()) return;
    const Result<void> abandoned = session->services().engine.abandon(*id);
    if (!abandoned) return session->error("not_found", abandoned.error().text());
    session->done({{"abandoned", *id}});
}

void forget(const Session& session, Members& members) {
    std::optional<std::string> value = members.text("value");
    if (!members.problem().empty()) return;
    session->services().ledger.forget_offenders(std::move(value),
                                                [weak = std::weak_ptr(session)](std::int64_t forgotten) {
                                                    const Session still = weak.lock();
                                                    if (still && still->open()) still->done({{"forgotten", forgotten}});
                                                });
}

// ---- the service itself ----

void commands(const Session& session, Members&) {
    const auto done = [weak = std::weak_ptr(session)](boost::json::array rows) {
        if (const Session still = weak.lock()) still->done({{"commands", std::move(rows)}});
    };
    session->hold(session->services().engine.check_commands(done));
}

boost::json::object health_object(const Ledger::Health& health) {
    return {{"writable", health.writable},
            {"problem", health.problem},
            {"commits", health.commits},
            {"synced_commits", health.synced_commits},
            {"actions_admitted", health.actions_admitted},
            {"writes_waiting", health.writes_waiting},
            {"bytes", health.bytes}};
}

boost::json::object engine_object(const Engine::Status& status, const Clock& clock) {
    boost::json::object refused;
    for (const auto& [reason, count] : status.refused) refused[to_string(reason)] = count;
    boost::json::object engine{{"running", status.running},   {"queued", status.queued},
                               {"in_force", status.in_force}, {"retrying", status.retrying},
                               {"received", status.received}, {"refused", std::move(refused)},
                               {"applied", status.applied},   {"failed", status.failed},
                               {"reversed", status.reversed}, {"reverse_failed", status.reverse_failed},
                               {"repeats", status.repeats},   {"since_wall_ms", to_ms(status.since)}};
    if (status.next_due) {
        engine["next_due_ms"] = to_ms(*status.next_due);
        engine["next_due_left_ms"] = ms_until(*status.next_due, clock);
    }
    return engine;
}

void status(const Session& session, Members&) {
    const auto& services = session->services();
    boost::json::object answer = services.facts();
    answer["engine"] = engine_object(services.engine.status(), services.clock);
    answer["ledger"] = health_object(services.ledger.health());
    session->done(std::move(answer));
}

void reload(const Session& session, Members&) {
    const event::ConfigReloaded result = session->services().reload();
    session->done({{"reloaded", result.reloaded}, {"diagnostics", diagnostics_json(result.diagnostics)}});
}

using Operation = void (*)(const Session&, Members&);

const std::map<std::string, Operation, std::less<>>& operations() {
    static const std::map<std::string, Operation, std::less<>> table{
        {"submit", submit},   {"pending", pending}, {"history", history},   {"undo", undo},     {"extend", extend},
        {"abandon", abandon}, {"forget", forget},   {"commands", commands}, {"status", status}, {"reload", reload},
    };
    return table;
}

}  // namespace

void carry_out(const std::shared_ptr<ControlSession>& session, const boost::json::object& request) {
    Members members(request);
    const auto op = members.text("op");
    if (!op) return session->error("bad_request", R"(a request names its operation: {"op":"status"})");
    const auto found = operations().find(*op);
    if (found == operations().end()) {
        std::string known;
        for (const auto& [name, operation] : operations()) known += (known.empty() ? "" : ", ") + name;
        return session->error("unknown_op", "there is no such operation; known are " + known);
    }
    found->second(session, members);
    // An operation that finds its members wrong answers nothing itself.
    if (!members.problem().empty()) session->error("bad_request", members.problem());
}

// ---- members ----

std::optional<std::string> Members::text(std::string_view name) {
    const boost::json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
    wrong("\"" + std::string(name) + "\" is a string");
    return std::nullopt;
}

std::optional<std::int64_t> Members::number(std::string_view name) {
    const boost::json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    wrong("\"" + std::string(name) + "\" is a whole number");
    return std::nullopt;
}

bool Members::flag(std::string_view name) {
    const boost::json::value* value = find(name);
    if (value == nullptr) return false;
    if (value->is_bool()) return value->get_bool();
    wrong("\"" + std::string(name) + "\" is true or false");
    return false;
}

const boost::json::array* Members::list(std::string_view name) {
    const boost::json::value* value = find(name);
    if (value == nullptr) return nullptr;
    if (!value->is_array() || value->get_array().size() > kMaxIds) {
        wrong("\"" + std::string(name) + "\" is a list of at most 10000");
        return nullptr;
    }
    return &value->get_array();
}

std::vector<std::string> Members::texts(std::string_view name) {
    std::vector<std::string> texts;
    const boost::json::array* values = list(name);
    if (values == nullptr) return texts;
    for (const boost::json::value& value : *values) {
        if (const auto* text = value.if_string()) {
            texts.emplace_back(text->data(), text->size());
        } else {
            wrong("\"" + std::string(name) + "\" is a list of strings");
        }
    }
    return texts;
}

std::vector<std::int64_t> Members::numbers(std::string_view name) {
    std::vector<std::int64_t> numbers;
    const boost::json::array* values = list(name);
    if (values == nullptr) return numbers;
    for (const boost::json::value& value : *values) {
        if (value.is_int64()) {
            numbers.push_back(value.get_int64());
        } else {
            wrong("\"" + std::string(name) + "\" is a list of whole numbers");
        }
    }
    return numbers;
}

}  // namespace riposte
