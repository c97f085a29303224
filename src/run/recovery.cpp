// SPDX-License-Identifier: Apache-2.0
// Taking over from an earlier run: what was told is reversed in time, what was not told is run, nothing is run twice.
#include "src/log/log.h"
#include "src/run/engine_impl.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace riposte {

Result<void> Engine::Impl::start(const std::vector<RunningMarks::Mark>& left) {
    std::map<ActionId, RunningMarks::Mark> told;
    for (const RunningMarks::Mark& mark : left) told.emplace(mark.action, mark);
    std::vector<Ledger::Armed> armed;
    auto recovered = ledger_.recover([&](Ledger::Armed&& action) { armed.push_back(std::move(action)); });
    if (!recovered) return recovered.error();
    for (Ledger::Armed& action : armed) recover_armed(std::move(action), told, recovered->rebooted);
    armed = {};
    // Told first: they hold the lanes of what was asked for later.
    for (Action& action : recovered->admitted) {
        const auto mark = told.find(action.id);
        if (mark != told.end()) recover_told(std::move(action), mark->second);
    }
    for (Action& action : recovered->admitted) {
        if (!told.contains(action.id)) recover_admitted(std::move(action), recovered->rebooted);
    }
    lost_recorded();
    set_timer();
    drift_.check_now();
    return {};
}

// The marks of the earlier run go when the ledger holds what they told: a crash before that must find them again.
void Engine::Impl::lost_recorded() {
    if (--recording_lost_ == 0) marks_.clear_left();
}

void Engine::Impl::record_lost(ActionId id, Phase phase, Due due, std::optional<RunningMarks::Slot> mark) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Lost;
    outcome.text = "Riposte ended while it was running";
    ++recording_lost_;
    ledger_.finish_apply(id, outcome, phase, due, [this, mark, alive = std::weak_ptr(alive_)](const Result<void>&) {
        if (alive.expired()) return;
        if (mark) marks_.clear(*mark);
        lost_recorded();
    });
}

// Recorded, never told.
void Engine::Impl::recover_admitted(Action action, bool rebooted) {
    const std::int64_t age =
        rebooted ? clock_.wall_ms() - action.received_wall_ms : clock_.boot_ms() - action.received_boot_ms;
    if (age > configuration_->config().settings.stale_after.count()) {
        Outcome outcome;
        outcome.kind = Outcome::Kind::Stale;
        outcome.text = "recorded " + std::to_string(age / 1000) + " s ago and not run since";
        ++counted_.refused[RefusalReason::Stale];
        emit(action.id, event::Stale{action.command, outcome.text});
        ledger_.finish_apply(action.id, outcome, Phase::Closed, {});
        return;
    }
    auto job = std::make_unique<Job>(*this, Work::Apply);
    job->record = Record::Committed;
    const std::string name = action.name;
    const bool ad_hoc = name.starts_with('!');
    const Resolved* known = ad_hoc ? nullptr : configuration_->catalog().find(name);
    job->repeated_offenders =
        known ? known->repeated_offenders
              : configuration_->catalog()
                    .for_executable(action.command, action.executable, std::chrono::seconds(action.timeout_ms / 1000))
                    .repeated_offenders;
    job->action = std::move(action);
    Job& queued = *job;
    jobs_.emplace(queued.action.id, std::move(job));
    enqueue(queued);
}

// Told, and then this program ended: what it did is not known, so it is undone like a success and never run again.
void Engine::Impl::recover_told(Action action, const RunningMarks::Mark& mark) {
    emit(action.id, event::Lost{action.command, action.stateful()});
    if (!action.stateful()) return record_lost(action.id, Phase::Closed, {});
    // It acted between being told and now, at the latest when its deadline was over.
    const std::int64_t now = clock_.boot_ms();
    const bool same_boot = mark.told_boot_ms <= now;
    const std::int64_t acted_by = same_boot ? std::min(now, mark.told_boot_ms + action.deadline_ms) : now;
    const Due due = due_in(acted_by + action.timeout_ms - now);
    record_lost(action.id, Phase::InForce, due);
    Ledger::Armed armed;
    armed.id = action.id;
    armed.key = action.key.digest();
    armed.executable = action.executable;
    armed.command = action.command;
    armed.due = due;
    schedule_.arm(armed);
    emit(action.id, event::Armed{due, action.key.values});
    wait_for_orphan(action.id, armed.key, mark, action.timeout_ms, action.deadline_ms);
}

void Engine::Impl::recover_armed(Ledger::Armed armed, const std::map<ActionId, RunningMarks::Mark>& told,
                                 bool rebooted) {
    const ActionId id = armed.id;
    const Key::Digest key = armed.key;
    const auto mark = told.find(id);
    if (mark != told.end() && !rebooted) {
        // One that was found lost before, by a run that ended while the executable was still at work, has its time.
        if (!armed.apply_finished) {
            const std::int64_t acted_by = std::min(clock_.boot_ms(), mark->second.told_boot_ms + armed.deadline_ms);
            const std::int64_t later_by = std::max<std::int64_t>(0, acted_by + armed.timeout_ms - armed.due.boot_ms);
            armed.due = {armed.due.boot_ms + later_by, armed.due.wall_ms + later_by};
            record_lost(id, armed.phase, armed.due);
            emit(id, event::Lost{armed.command, true});
        }
        schedule_.arm(armed);
        return wait_for_orphan(id, key, mark->second, armed.timeout_ms, armed.deadline_ms);
    }
    const auto settings = effective_settings(configuration_->config().settings, armed.command, armed.executable);
    const bool reapply = rebooted && settings.on_boot == OnBoot::Reapply && armed.due.boot_ms > clock_.boot_ms();
    schedule_.arm(armed);
    if (reapply) apply_again(id);
}

// Its executable may still be at work: nothing else is done about its key until it has ended, and its time counts from
// then.
void Engine::Impl::wait_for_orphan(ActionId id, const Key::Digest& key, const RunningMarks::Mark& mark,
                                   std::int64_t timeout_ms, std::int64_t deadline_ms) {
    if (mark.process.pid == 0) return;
    // Its mark of the earlier run goes soon, and this run may end before the executable does.
    const auto own = marks_.set(mark);
    const auto slot = own ? std::optional(*own) : std::nullopt;
    lanes_.take(key, [this, id, key, slot, process = mark.process, timeout_ms, deadline_ms] {
        const auto ended = [this, id, key, slot, timeout_ms](bool was_running) {
            const Schedule::Entry* entry = schedule_.find(id);
            const Due due = due_in(timeout_ms);
            if (entry && was_running && due.boot_ms > entry->due_boot_ms) {
                schedule_.set_due(id, due.boot_ms);
                record_lost(id, Phase::InForce, due, slot);
                set_timer();
            } else if (slot) {
                marks_.clear(*slot);
            }
            lanes_.release(key);
            boost::asio::post(loop_, [this, id, alive = std::weak_ptr(alive_)] {
                if (!alive.expired()) orphans_.erase(id);
            });
        };
        orphans_.emplace(id, std::make_unique<Orphan>(loop_, process, deadline_ms, ended));
    });
}

}  // namespace riposte
