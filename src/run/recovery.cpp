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
    // Told ones first: later requests for their keys wait for them.
    for (const Action& action : recovered->admitted) {
        const auto mark = told.find(action.id);
        if (mark != told.end()) recover_told(action, mark->second);
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
    ledger_.finish_apply(id, outcome, phase, due, alive_.guard([this, mark](const Result<void>&) {
        if (mark) marks_.clear(*mark);
        lost_recorded();
    }));
}

// Recorded, never told.
void Engine::Impl::recover_admitted(Action action, bool rebooted) {
    const auto age = rebooted ? clock_.wall_time() - action.received_wall : clock_.boot_time() - action.received_boot;
    if (age > configuration_->config().settings.stale_after) {
        Outcome outcome;
        outcome.kind = Outcome::Kind::Stale;
        outcome.text = "recorded " + std::to_string(std::chrono::floor<std::chrono::seconds>(age).count()) +
                       " s ago and not run since";
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
    job->repeated_offenders = known ? known->repeated_offenders
                                    : configuration_->catalog()
                                          .for_executable(action.command, action.executable,
                                                          std::chrono::floor<std::chrono::seconds>(action.timeout))
                                          .repeated_offenders;
    job->action = std::move(action);
    Job& queued = *job;
    jobs_.emplace(queued.action.id, std::move(job));
    enqueue(queued);
}

// The executable was told and then Riposte ended. Whether it acted is not known, so the action is undone like a success
// and never run again.
void Engine::Impl::recover_told(const Action& action, const RunningMarks::Mark& mark) {
    emit(action.id, event::Lost{action.command, action.stateful()});
    if (!action.stateful()) return record_lost(action.id, Phase::Closed, {});
    // It acted between being told and now, at the latest when its deadline was over.
    const BootTime now = clock_.boot_time();
    const bool same_boot = mark.told_at <= now;
    const BootTime acted_by = same_boot ? std::min(now, mark.told_at + action.deadline) : now;
    const Due due = due_in(acted_by + action.timeout - now);
    record_lost(action.id, Phase::InForce, due);
    Ledger::Armed armed;
    armed.id = action.id;
    armed.key = action.key.digest();
    armed.executable = action.executable;
    armed.command = action.command;
    armed.due = due;
    schedule_.arm(armed);
    emit(action.id, event::Armed{due, action.key.values});
    wait_for_orphan(action.id, armed.key, mark, action.timeout, action.deadline);
}

void Engine::Impl::recover_armed(Ledger::Armed armed, const std::map<ActionId, RunningMarks::Mark>& told,
                                 bool rebooted) {
    const ActionId id = armed.id;
    const Key::Digest key = armed.key;
    const auto mark = told.find(id);
    if (mark != told.end() && !rebooted) {
        // One that was found lost before, by a run that ended while the executable was still at work, has its time.
        if (!armed.apply_finished) {
            const BootTime acted_by = std::min(clock_.boot_time(), mark->second.told_at + armed.deadline);
            const auto later_by = std::max(std::chrono::milliseconds(0), acted_by + armed.timeout - armed.due.boot);
            armed.due = {armed.due.boot + later_by, armed.due.wall + later_by};
            record_lost(id, armed.phase, armed.due);
            emit(id, event::Lost{armed.command, true});
        }
        schedule_.arm(armed);
        return wait_for_orphan(id, key, mark->second, armed.timeout, armed.deadline);
    }
    const auto settings = effective_settings(configuration_->config().settings, armed.command, armed.executable);
    const bool reapply = rebooted && settings.on_boot == OnBoot::Reapply && armed.due.boot > clock_.boot_time();
    schedule_.arm(armed);
    if (reapply) apply_again(id);
}

// Its executable may still be at work: nothing else is done about its key until it has ended, and its time counts from
// then.
void Engine::Impl::wait_for_orphan(ActionId id, const Key::Digest& key, const RunningMarks::Mark& mark,
                                   std::chrono::milliseconds timeout, std::chrono::milliseconds deadline) {
    if (mark.process.pid == 0) return;
    // Its mark of the earlier run goes soon, and this run may end before the executable does.
    const auto own = marks_.set(mark);
    const auto slot = own ? std::optional(*own) : std::nullopt;
    key_queues_.take(key, [this, id, key, slot, process = mark.process, timeout, deadline] {
        const auto ended = [this, id, key, slot, timeout](bool was_running) {
            const Schedule::Entry* entry = schedule_.find(id);
            const Due due = due_in(timeout);
            if (entry && was_running && due.boot > entry->due) {
                schedule_.set_due(id, due.boot);
                record_lost(id, Phase::InForce, due, slot);
                set_timer();
            } else if (slot) {
                marks_.clear(*slot);
            }
            key_queues_.release(key);
            boost::asio::post(loop_, alive_.guard([this, id] { orphans_.erase(id); }));
        };
        orphans_.emplace(id, std::make_unique<Orphan>(loop_, process, deadline, ended));
    });
}

}  // namespace riposte
