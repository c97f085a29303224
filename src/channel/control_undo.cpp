// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control_undo.h"

#include <utility>

namespace riposte {

UndoOperation::UndoOperation(const std::shared_ptr<ControlSession>& session, What what)
    : session_(session),
      what_(std::move(what)),
      ids_(what_.ids.begin(), what_.ids.end()),
      all_found_(!what_.ids.empty()) {}

std::shared_ptr<ControlSession> UndoOperation::session() const {
    auto session = session_.lock();
    return session && session->open() ? session : nullptr;
}

void UndoOperation::start() {
    const auto open = session();
    if (!open) return;
    watch_ = Watch::start(
        open->services(), Watch::Until::Undone,
        [weak = session_](const Event& event) {
            if (const auto still = weak.lock()) still->event(event);
        },
        [weak = weak_from_this()](const Event& last) {
            if (const auto self = weak.lock()) self->ended(last);
        });
    go_on();
}

// A reversal may be over before undo() returns, and calls this again then: the loop keeps that from being a recursion.
void UndoOperation::go_on() {
    if (going_on_) return;
    going_on_ = true;
    while (!ids_.empty() && under_way_.size() < kMaxUnderWay) {
        const ActionId id = ids_.front();
        ids_.pop_front();
        undo(id);
    }
    going_on_ = false;
    if (ids_.empty() && !all_found_) return next_page();
    if (ids_.empty() && under_way_.empty()) finish();
}

void UndoOperation::undo(ActionId id) {
    const auto open = session();
    if (!open) return;
    if (what_.follow) {
        under_way_.insert(id);
        watch_->add(id);
    }
    const Result<void> undone = open->services().engine.undo(id);
    if (undone) {
        ++asked_;
        return;
    }
    watch_->remove(id);
    under_way_.erase(id);
    ++not_found_;
    if (problems_.size() < kMaxProblems)
        problems_.push_back(boost::json::object{{"id", id}, {"text", undone.error().text()}});
}

void UndoOperation::next_page() {
    const auto open = session();
    if (!open || asking_) return;
    asking_ = true;
    open->services().ledger.query(what_.query, [weak = weak_from_this()](Result<std::vector<Action>> page) {
        const auto self = weak.lock();
        const auto still = self ? self->session() : nullptr;
        if (!still) return;
        self->asking_ = false;
        if (!page) return still->error("ledger", page.error().text());
        for (const Action& action : *page) self->ids_.push_back(action.id);
        self->all_found_ = page->size() < static_cast<std::size_t>(self->what_.query.limit);
        if (!page->empty()) self->what_.query.after_id = page->back().id;
        self->go_on();
    });
}

void UndoOperation::ended(const Event& last) {
    if (under_way_.erase(last.action) == 0) return;
    ++(last.is<event::Reversed>() ? reversed_ : last.is<event::Retrying>() ? failed_ : dropped_);
    go_on();
}

void UndoOperation::finish() {
    const auto open = session();
    if (!open || !watch_) return;
    watch_.reset();
    if (asked_ == 0) {
        std::string text = "nothing that is in force matches";
        if (!problems_.empty()) text = problems_[0].at("text").as_string().c_str();
        return open->error("not_found", text);
    }
    open->done({{"asked", asked_},
                {"reversed", reversed_},
                {"failed", failed_},
                {"dropped", dropped_},
                {"not_found", not_found_},
                {"problems", std::move(problems_)}});
}

}  // namespace riposte
