// SPDX-License-Identifier: Apache-2.0
// From "due" to "reversed", or to the next try.
#include "src/backoff.h"
#include "src/hooks.h"
#include "src/log/log.h"
#include "src/run/engine_impl.h"

#include <algorithm>
#include <utility>

namespace riposte {

namespace {

constexpr Backoff kRetries{std::chrono::seconds(5), std::chrono::minutes(10)};
// From this many failures on, every one is said aloud.
constexpr int kLoudAfter = 5;

}  // namespace

void Engine::Impl::on_due() {
    hooks::reached("due");
    timer_set_for_.reset();
    for (const ActionId id : schedule_.take_due(clock_.boot_time())) want(Work::Reverse, id);
    set_timer();
    load_wanted();
}

// Each waits for its turn at its key first, so that nothing changes the action between its loading and its reversal.
void Engine::Impl::want(Work work, ActionId id) {
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return;
    const Key::Digest key = entry->key;
    key_queues_.take(key, [this, work, id, key] {
        if (!still_wanted(work, id)) return key_queues_.release(key);
        wanted_.emplace_back(stopping_ == Stopping::Reversing ? Work::Reverse : work, id);
        load_wanted();
    });
}

void Engine::Impl::apply_again(ActionId id) {
    schedule_.set_taken(id, true);
    want(Work::Reapply, id);
}

void Engine::Impl::on_drift(ActionId id) {
    log().warning("action " + std::to_string(id) + " should be in force and is not: it is applied again");
    emit(id, event::Drifted{});
    apply_again(id);
}

// While it waited for its turn, a repeat may have moved its due time, or an operator given it up.
bool Engine::Impl::still_wanted(Work work, ActionId id) {
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return false;
    if (work == Work::Reapply || stopping_ == Stopping::Reversing || entry->due <= clock_.boot_time()) return true;
    schedule_.set_taken(id, false);
    set_timer();
    return false;
}

// Only as many as can run soon are in memory; a thousand that are due at once wait as numbers. They are loaded many at
// a time: each load makes the ledger commit what has gathered for it.
void Engine::Impl::load_wanted() {
    if (stopping_ == Stopping::Ending || stopping_ == Stopping::Stopped) return;
    const std::size_t ahead = 4 * std::max<std::size_t>(2, configuration_->config().settings.max_running);
    if (loading_ + reversals_.size() + running_reversals_ > ahead / 2) return;
    while (!wanted_.empty() && loading_ + reversals_.size() + running_reversals_ < ahead) {
        const Work work = wanted_.front().first;
        const ActionId id = wanted_.front().second;
        wanted_.pop_front();
        ++loading_;
        hooks::reached("loading");
        ledger_.load(id, alive_.guard([this, work, id](Result<Action> loaded) {
            --loading_;
            on_loaded(work, id, std::move(loaded));
        }));
    }
}

void Engine::Impl::on_loaded(Work work, ActionId id, Result<Action> loaded) {
    hooks::reached("loaded");
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) {
        pump();
        return check_stopped();
    }
    const Key::Digest key = entry->key;
    if (!loaded) {
        Outcome outcome;
        outcome.kind = Outcome::Kind::NotStarted;
        outcome.text = "the ledger cannot be read: " + loaded.error().text();
        if (work == Work::Reverse) retry_later(id, outcome);
        if (work == Work::Reapply) schedule_.set_taken(id, false);
        key_queues_.release(key);
        set_timer();
        pump();
        return check_stopped();
    }
    auto job = std::make_unique<Job>(*this, work);
    job->action = std::move(*loaded);
    job->record = Record::Committed;
    job->turns.push_back(key);
    jobs_.insert_or_assign(id, std::move(job));
    // After a reboot, putting back what was in force comes before what is new.
    if (work == Work::Reverse) {
        reversals_.push_back(id);
    } else {
        applies_.push_front(id);
    }
    pump();
}

void Engine::Impl::begin_reverse(Job& job) {
    emit(job.action.id, event::Reversing{job.action.command, job.action.executable});
    hooks::reached("before_reverse");
    start_execution(job);
}

void Engine::Impl::end_reverse(Job& job, const Outcome& outcome) {
    hooks::reached("reverse_ended");
    report_end(job, outcome);
    const ActionId id = job.action.id;
    if (outcome.kind == Outcome::Kind::Success) {
        const Schedule::Entry* entry = schedule_.find(id);
        ++counted_.reversed;
        ++recording_;
        ledger_.finish_reverse(id, outcome, Phase::Closed, {}, entry ? entry->failures : 0,
                               alive_.guard([this](const Result<void>&) {
                                   --recording_;
                                   hooks::reached("reverse_recorded");
                                   check_stopped();
                               }));
        schedule_.remove(id);
        emit(id, event::Reversed{job.action.command});
        hooks::reached("reversed");
    } else {
        ++counted_.reverse_failed;
        retry_later(id, outcome);
    }
    retire(job);
}

void Engine::Impl::retry_later(ActionId id, const Outcome& outcome) {
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return;
    const int failures = entry->failures + 1;
    const Due due = due_in(kRetries.pause_after(failures));
    schedule_.set_retrying(id, due.boot, failures);
    ledger_.finish_reverse(id, outcome, Phase::Retrying, due, failures);
    emit(id, event::Retrying{failures, outcome, due});
    if (failures >= kLoudAfter) {
        log().error("action " + std::to_string(id) + " could not be reversed " + std::to_string(failures) +
                    " times: " + describe(outcome) + "; it is tried again");
    }
}

}  // namespace riposte
