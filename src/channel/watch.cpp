// SPDX-License-Identifier: Apache-2.0
#include "src/channel/watch.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace riposte {
namespace {

// It is refused, or recorded: told, or waiting its turn to be.
bool decides(const Event& event) {
    return event.is<event::Refused, event::Queued, event::Told, event::Finished, event::DryRun>();
}

bool is_the_last(const Event& event) {
    return event.is<event::Reversed, event::Abandoned, event::Merged>();
}

bool may_be_the_last(const Event& event) {
    const auto* finished = event.as<event::Finished>();
    return (finished && finished->verb == Verb::Apply) ||
           event.is<event::Refused, event::DryRun, event::Stale, event::Lost>();
}

}  // namespace

std::shared_ptr<Watch> Watch::start(const ControlServer::Services& services, Until until, Each each, Ended ended) {
    auto watch = std::make_shared<Watch>(services, until, std::move(each), std::move(ended));
    watch->subscription_ = services.events.subscribe([weak = std::weak_ptr(watch)](const Event& event) {
        if (const auto self = weak.lock()) self->take(event);
    });
    return watch;
}

Engine::Verdict Watch::submit(const Incoming& request) {
    const auto self = shared_from_this();
    collecting_ = true;
    Engine::Verdict verdict = services_.engine.submit(request);
    collecting_ = false;
    if (!verdict.refusal) ids_.insert(verdict.id);
    for (const Event& event : std::exchange(collected_, {})) {
        if (event.action != verdict.id) continue;
        if (verdict.refusal) {
            if (each_) each_(event);
        } else {
            take(event);
        }
    }
    return verdict;
}

void Watch::take(const Event& event) {
    if (collecting_) {
        collected_.push_back(event);
        return;
    }
    if (!ids_.contains(event.action)) return;
    const auto self = shared_from_this();
    if (each_) each_(event);
    if (until_ == Until::Decided) {
        if (decides(event)) end(event);
        return;
    }
    if (until_ == Until::Undone && event.is<event::Reversed, event::Retrying>()) return end(event);
    if (is_the_last(event)) return end(event);
    if (!may_be_the_last(event)) return;
    // The ledger is asked after whoever emitted the event has told it what it means.
    boost::asio::post(services_.loop, [weak = weak_from_this(), event] {
        if (const auto still = weak.lock()) still->look_up(event);
    });
}

void Watch::look_up(const Event& last) {
    if (!ids_.contains(last.action)) return;
    Ledger::Query query;
    query.id = last.action;
    query.limit = 1;
    services_.ledger.query(query, [weak = weak_from_this(), last](Result<std::vector<Action>> found) {
        const auto self = weak.lock();
        if (!self || !self->ids_.contains(last.action)) return;
        // An action that the ledger does not know to be in force counts as over: a ledger that cannot be read or
        // written must not leave anyone waiting for ever.
        const bool over = !found || found->empty() ||
                          (found->front().phase != Phase::InForce && found->front().phase != Phase::Retrying);
        // A refused action may still run: its executable was told to abort and has not ended yet.
        const bool idle = self->services_.engine.live_state(last.action).empty();
        if (over && idle) self->end(last);
    });
}

void Watch::end(const Event& last) {
    if (ids_.erase(last.action) == 0) return;
    const auto self = shared_from_this();
    if (ended_) ended_(last);
}

}  // namespace riposte
