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
    marks_.clear_left();
    for (Action& action : recovered->admitted) {
        if (!told.contains(action.id)) recover_admitted(std::move(action), recovered->rebooted);
    }
    set_timer();
    return {};
}

// Recorded, never told.
void Engine::Impl::recover_admitted(Action action, bool rebooted) {
    const std::int64_t age =
        rebooted ? clock_.wall_ms() - action.received_wall_ms : clock_.boot_ms() - action.received_boot_ms;
    if (age > configuration_->config().settings.stale_after.count()) {
        Outcome outcome;
        outcome.kind = Outcome::Kind::Stale;
        outcome.text = "recorded " + std::to_string(age / 1000) + " s ago and not run since";
        ++counters_.refused["stale"];
        emit("stale", action.id, {{"command", action.command}, {"text", outcome.text}});
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
    Outcome outcome;
    outcome.kind = Outcome::Kind::Lost;
    outcome.text = "Riposte ended while it was running";
    emit("lost", action.id, {{"command", action.command}, {"stateful", action.stateful()}});
    if (!action.stateful()) {
        ledger_.finish_apply(action.id, outcome, Phase::Closed, {});
        return;
    }
    // It acted between being told and now, at the latest when its deadline was over.
    const std::int64_t now = clock_.boot_ms();
    const bool same_boot = mark.told_boot_ms <= now;
    const std::int64_t acted_by = same_boot ? std::min(now, mark.told_boot_ms + action.deadline_ms) : now;
    const Due due = due_in(acted_by + action.timeout_ms - now);
    ledger_.finish_apply(action.id, outcome, Phase::InForce, due);
    Ledger::Armed armed;
    armed.id = action.id;
    armed.key = action.key.digest();
    armed.executable = action.executable;
    armed.command = action.command;
    armed.due = due;
    schedule_.arm(armed);
    emit("armed", action.id, {{"due_wall_ms", due.wall_ms}});
    wait_for_orphan(action.id, armed.key, mark, action.timeout_ms, action.deadline_ms);
}

void Engine::Impl::recover_armed(Ledger::Armed armed, const std::map<ActionId, RunningMarks::Mark>& told,
                                 bool rebooted) {
    const ActionId id = armed.id;
    const Key::Digest key = armed.key;
    const auto mark = told.find(id);
    if (mark != told.end() && !rebooted && !armed.apply_finished) {
        const std::int64_t now = clock_.boot_ms();
        const std::int64_t deadline = armed.deadline_ms;
        const std::int64_t acted_by = std::min(now, mark->second.told_boot_ms + deadline);
        const std::int64_t later_by = acted_by + armed.timeout_ms - armed.due.boot_ms;
        if (later_by > 0) {
            armed.due = {armed.due.boot_ms + later_by, armed.due.wall_ms + later_by};
            ledger_.set_due(id, armed.due, armed.phase);
        }
        emit("lost", id, {{"command", armed.command}, {"stateful", true}});
        schedule_.arm(armed);
        return wait_for_orphan(id, key, mark->second, armed.timeout_ms, deadline);
    }
    const auto settings = effective_settings(configuration_->config().settings, armed.command, armed.executable);
    const bool reapply = rebooted && settings.on_boot == OnBoot::Reapply && armed.due.boot_ms > clock_.boot_ms();
    schedule_.arm(armed);
    if (!reapply) return;
    schedule_.set_taken(id, true);
    want(Work::Reapply, id);
}

// Its executable may still be at work: nothing else is done about its key until it has ended, and its time counts from
// then.
void Engine::Impl::wait_for_orphan(ActionId id, const Key::Digest& key, const RunningMarks::Mark& mark,
                                   std::int64_t timeout_ms, std::int64_t deadline_ms) {
    if (mark.process.pid == 0) return;
    lanes_.take(key, [this, id, key, process = mark.process, timeout_ms, deadline_ms] {
        const auto ended = [this, id, key, timeout_ms](bool was_running) {
            const Schedule::Entry* entry = schedule_.find(id);
            const Due due = due_in(timeout_ms);
            if (entry && was_running && due.boot_ms > entry->due_boot_ms) {
                schedule_.set_due(id, due.boot_ms);
                ledger_.set_due(id, due, Phase::InForce);
                set_timer();
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
