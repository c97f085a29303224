// SPDX-License-Identifier: Apache-2.0
#include "src/channel/watch.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace riposte {
namespace {

std::string_view kind_of(const boost::json::object& event) {
    const boost::json::value* value = event.if_contains("event");
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

ActionId action_of(const boost::json::object& event) {
    const boost::json::value* value = event.if_contains("action");
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool is_reversal(const boost::json::object& event) {
    const boost::json::value* verb = event.if_contains("verb");
    return verb != nullptr && verb->is_string() && verb->get_string() == "delete";
}

// Recorded before it was told; one that has to wait says so, and is recorded soon.
bool decides(std::string_view kind) {
    return kind == "refused" || kind == "queued" || kind == "told" || kind == "finished";
}

bool is_the_last(std::string_view kind) {
    return kind == "reversed" || kind == "abandoned" || kind == "merged";
}

bool may_be_the_last(std::string_view kind) {
    return kind == "refused" || kind == "finished" || kind == "stale" || kind == "lost";
}

}  // namespace

std::shared_ptr<Watch> Watch::start(const ControlServer::Services& services, Until until, Each each, Ended ended) {
    auto watch = std::make_shared<Watch>(services, until, std::move(each), std::move(ended));
    watch->subscription_ = services.events.subscribe([weak = std::weak_ptr(watch)](const boost::json::object& event) {
        if (const auto self = weak.lock()) self->take(event);
    });
    return watch;
}

void Watch::add_from(ActionId id) {
    const auto self = shared_from_this();
    collecting_ = false;
    ids_.insert(id);
    for (const boost::json::object& event : std::exchange(collected_, {})) {
        if (action_of(event) == id) take(event);
    }
    // A limit tells of its refusals once a minute only; this one was asked about.
    if (ids_.contains(id) && services_.engine.live_state(id).empty() && until_ != Until::Undone) {
        boost::asio::post(services_.loop, [weak = weak_from_this(), id] {
            const auto still = weak.lock();
            if (still)
                still->look_up(id,
                               {{"event", "refused"}, {"action", id}, {"reason", "rate"}, {"text", "over a limit"}});
        });
    }
}

void Watch::take(const boost::json::object& event) {
    if (collecting_) {
        collected_.push_back(event);
        return;
    }
    const ActionId id = action_of(event);
    if (!ids_.contains(id)) return;
    const auto self = shared_from_this();
    const std::string_view kind = kind_of(event);
    if (each_) each_(event);
    if (until_ == Until::Decided) {
        if (decides(kind)) end(id, event);
        return;
    }
    if (until_ == Until::Undone && (kind == "reversed" || kind == "retrying")) return end(id, event);
    if (is_the_last(kind)) return end(id, event);
    if (!may_be_the_last(kind) || (kind == "finished" && is_reversal(event))) return;
    // The ledger is asked after whoever emitted the event has told it what it means.
    boost::asio::post(services_.loop, [weak = weak_from_this(), id, event] {
        if (const auto still = weak.lock()) still->look_up(id, event);
    });
}

void Watch::look_up(ActionId id, boost::json::object last) {
    if (!ids_.contains(id)) return;
    Ledger::Query query;
    query.id = id;
    query.limit = 1;
    services_.ledger.query(
        query, [weak = weak_from_this(), id, event = std::move(last)](Result<std::vector<Action>> found) {
            const auto self = weak.lock();
            if (!self || !self->ids_.contains(id)) return;
            // What the ledger does not know to be in force counts as over: a ledger that cannot be read or written must
            // not leave anyone waiting for ever.
            const bool over = !found || found->empty() ||
                              (found->front().phase != Phase::InForce && found->front().phase != Phase::Retrying);
            // What was refused for good may still be running: told to abort, it has not ended yet.
            const bool idle = self->services_.engine.live_state(id).empty();
            if (over && idle) self->end(id, event);
        });
}

void Watch::end(ActionId id, const boost::json::object& last) {
    if (ids_.erase(id) == 0) return;
    const auto self = shared_from_this();
    if (ended_) ended_(id, last);
}

}  // namespace riposte
