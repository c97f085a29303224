// SPDX-License-Identifier: Apache-2.0
// From a slot to "in force": started, told, answered, ended.
#include "platform/include/environment.h"
#include "platform/include/paths.h"
#include "src/hooks.h"
#include "src/log/log.h"
#include "src/run/engine_impl.h"

#include <algorithm>
#include <utility>

namespace riposte {

namespace {

// The key's executable has a question to ask only if it is told on stdin.
bool holds_conversation(const ChildInput& input) {
    return input.dialect != Dialect::Ossec;
}

}  // namespace

void Engine::Impl::begin_apply(Job& job) {
    const Schedule::Entry* entry = job.work == Work::Apply ? schedule_.find_key(job.action.key.digest()) : nullptr;
    if (entry && job.action.stateful() && !entry->apply_failed) {
        // This executable names no keys, so it cannot be told to abort; running it would add what a single reversal
        // does not undo.
        repeat(job, entry->id);
        return;
    }
    // The start must wait for the record where it tells the target itself (in argv), and where the ledger may refuse
    // the record.
    const bool start_early = holds_conversation(job.action.input) && ledger_.is_writable();
    if (start_early || job.record != Record::Waiting) start_execution(job);
}

void Engine::Impl::start_execution(Job& job) {
    if (refuse_unrecorded(job)) return;
    if (job.executable.path().empty()) {
        Result<TrustedExecutable> executable = open_trusted_executable(bin_directory(home_), job.action.executable);
        if (!executable) {
            Outcome outcome;
            outcome.kind = Outcome::Kind::NotStarted;
            outcome.text = executable.error().text();
            return on_end(job, std::move(outcome));
        }
        job.executable = std::move(*executable);
    }
    const ChildInput& input = job.action.input;
    SpawnRequest request;
    request.arguments = input.argv(job.verb());
    request.arguments.insert(request.arguments.begin(), program_name(job.action.executable));
    request.environment = executable_environment();
    request.working_directory = home_.string();
    Execution::Limits limits;
    limits.deadline = job.action.deadline;
    limits.keys_deadline = configuration_->config().settings.keys_deadline;
    limits.close_when_silent = !job.stateful_apply();
    limits.at_once = running_applies_ + running_reversals_ == 1;
    hooks::reached("before_spawn");
    if (!holds_conversation(input) && job.work == Work::Apply) {
        if (auto mark = marks_.set({job.action.id, {}, clock_.boot_time()})) job.mark = *mark;
    }
    job.execution = Execution::start(spawner_, std::move(job.executable), std::move(request), limits, job);
}

void Engine::Impl::on_started(Job& job) {
    hooks::reached("spawned");
    emit(job.action.id,
         event::Started{job.action.command, job.action.executable, job.verb(), job.execution->process_id()});
    tell_when_ready(job);
}

void Engine::Impl::on_recorded(ActionId id, const Result<void>& recorded) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    Job& job = *found->second;
    hooks::reached("recorded");
    job.record = recorded ? Record::Committed : Record::Refused;
    if (!recorded) {
        emit(id, event::Unrecorded{recorded.error().text()});
        log().error("the ledger cannot record action " + std::to_string(id) + ": " + recorded.error().text());
    }
    if (!job.has_slot) {
        refuse_unrecorded(job);
        return;
    }
    if (job.ended_untold) {
        if (!refuse_unrecorded(job)) end_apply(job, std::move(*job.ended_untold));
    } else if (job.execution) {
        tell_when_ready(job);
    } else {
        start_execution(job);
    }
}

// Refuses a request that was admitted before.
void Engine::Impl::refuse(const Job& job, Refusal refusal) {
    ++counted_.refused[refusal.reason];
    emit(job.action.id, event::Refused{std::move(refusal), job.action.channel, {}});
}

// An action that could not be undone must not be done. A stateless one needs no undo and is run without a record.
bool Engine::Impl::refuse_unrecorded(Job& job) {
    if (job.record != Record::Refused || !job.action.stateful() || job.work != Work::Apply) return false;
    refuse(job,
           {RefusalReason::Ledger,
            "the ledger cannot record it, so it could not be undone; free disk space or mend the state directory"});
    retire(job);
    return true;
}

void Engine::Impl::tell_when_ready(Job& job) {
    if (job.told || !job.execution || !job.execution->is_started() || job.record == Record::Waiting) return;
    if (refuse_unrecorded(job)) return;
    tell(job);
}

void Engine::Impl::tell(Job& job) {
    job.told = true;
    const bool conversation = holds_conversation(job.action.input);
    const std::string line = job.action.input.line(job.verb());
    if (job.work == Work::Apply && (conversation || job.mark)) {
        hooks::reached("before_mark");
        auto mark = marks_.set({job.action.id, job.execution->identity(), clock_.boot_time()});
        // In the ossec dialect this one, with the process in it, takes the place of the first.
        if (job.mark) marks_.clear(*job.mark);
        if (mark) job.mark = *mark;
        hooks::reached("marked");
    }
    job.execution->tell(line);
    hooks::reached("told");
    emit(job.action.id, event::Told{});
    if (!conversation && job.stateful_apply()) on_no_keys(job);
}

// ---- the conversation ----

void Engine::Impl::on_keys(Job& job, std::vector<std::string> keys) {
    hooks::reached("keys_named");
    emit(job.action.id, event::Conversed{keys});
    if (job.work != Work::Apply) return reply(job, Answer::Continue);
    const auto settings =
        effective_settings(configuration_->config().settings, job.action.command, job.action.executable);
    const auto reason = settings.protect ? configuration_->protected_key(keys) : std::nullopt;
    job.action.key = {job.action.executable, Key::Kind::Named, std::move(keys)};
    if (reason) {
        refuse(job, {RefusalReason::Protected, *reason});
        return reply(job, Answer::Protected);
    }
    const ActionId id = job.action.id;
    const Key::Digest key = job.action.key.digest();
    key_queues_.take(key, [this, id, key] {
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || found->second->work != Work::Apply) return key_queues_.release(key);
        found->second->turns.push_back(key);
        decide(*found->second);
    });
}

void Engine::Impl::decide(Job& job) {
    hooks::reached("lane_taken");
    if (!job.stateful_apply()) return reply(job, Answer::Continue);
    decide_stateful(job);
}

void Engine::Impl::decide_stateful(Job& job) {
    const Schedule::Entry* entry = schedule_.find_key(job.action.key.digest());
    if (entry && !entry->apply_failed) return repeat(job, entry->id);
    if (entry) job.replaces = entry->id;
    count_offence(job, false, [this](Job& ready) {
        put_in_force(ready);
        reply(ready, Answer::Continue);
    });
}

// The key is in force: this request goes, and what is in force gets the later of the two due times.
void Engine::Impl::repeat(Job& job, ActionId in_force) {
    ++counted_.repeats;
    count_offence(job, true, [this, in_force](Job& ready) {
        const Schedule::Entry* entry = schedule_.find(in_force);
        const Due due = due_in(*ready.timeout);
        if (entry && due.boot > entry->due) {
            schedule_.set_due(in_force, due.boot);
            ledger_.set_due(in_force, due, Phase::InForce);
            emit(in_force, event::Extended{ready.action.id, due});
            set_timer();
        }
        ready.replaces = in_force;
        if (ready.execution) return reply(ready, Answer::AlreadyInForce);
        Outcome outcome;
        outcome.kind = Outcome::Kind::AlreadyInForce;
        outcome.text = "action " + std::to_string(in_force) + " is in force for it";
        finish_unrun(ready, outcome);
    });
}

// The n-th repeat is undone after the n-th entry of repeated_offenders, the last one from then on.
void Engine::Impl::count_offence(Job& job, bool is_repeat, std::function<void(Job&)> then) {
    job.timeout = job.action.timeout;
    const Settings& settings = configuration_->config().settings;
    const bool counts = !job.repeated_offenders.empty() && !(is_repeat && settings.offenders_count_blocks_only);
    if (!counts) return then(job);
    const ActionId id = job.action.id;
    ledger_.count_offence(job.action.key, settings.forget_offenders_after,
                          alive_.guard([this, id, then = std::move(then)](std::int64_t earlier) {
                              const auto found = jobs_.find(id);
                              if (found == jobs_.end()) return;
                              Job& counted = *found->second;
                              const auto entries = static_cast<std::int64_t>(counted.repeated_offenders.size());
                              if (earlier > 0) {
                                  const auto entry = static_cast<std::size_t>(std::min(earlier, entries) - 1);
                                  counted.timeout = counted.repeated_offenders[entry];
                              }
                              then(counted);
                          }));
}

// Before the answer: from here on a crash finds the action and undoes it by its own key.
void Engine::Impl::put_in_force(Job& job) {
    hooks::reached("before_in_force");
    job.due = due_in(*job.timeout);
    job.in_force = true;
    ledger_.set_in_force(job.action.id, job.action.key, job.due);
    hooks::reached("in_force_asked");
}

void Engine::Impl::reply(Job& job, Answer answer) {
    job.answer = answer;
    hooks::reached("before_answer");
    if (job.execution) job.execution->answer(job.action.input.answer(answer == Answer::Continue));
    hooks::reached("answered");
}

void Engine::Impl::on_no_keys(Job& job) {
    if (!job.stateful_apply() || job.in_force) return;
    count_offence(job, false, [this](Job& ready) { put_in_force(ready); });
}

// ---- the end ----

void Engine::Impl::on_end(Job& job, Outcome outcome) {
    hooks::reached("ended");
    job.execution.reset();
    // It did not wait for its line: whether there is a record to undo it by is not known yet.
    if (job.work == Work::Apply && job.record == Record::Waiting && outcome.kind != Outcome::Kind::NotStarted) {
        job.ended_untold = std::move(outcome);
        return;
    }
    switch (job.work) {
        case Work::Apply:
            return end_apply(job, std::move(outcome));
        case Work::Reapply:
            return end_reapply(job, outcome);
        case Work::Reverse:
            return end_reverse(job, outcome);
    }
}

void Engine::Impl::report_end(const Job& job, const Outcome& outcome) {
    emit(job.action.id, event::Finished{job.action.command, job.action.executable, job.verb(), outcome});
    responses_.write(job.action, job.verb(), outcome);
}

void Engine::Impl::end_apply(Job& job, Outcome outcome) {
    if (job.answer == Answer::AlreadyInForce) {
        outcome.kind = Outcome::Kind::AlreadyInForce;
        outcome.text = "action " + std::to_string(*job.replaces) + " is in force for it";
    } else if (job.answer == Answer::Protected) {
        outcome.kind = Outcome::Kind::Refused;
    }
    if (outcome.kind == Outcome::Kind::Success) ++counted_.applied;
    if (outcome.kind == Outcome::Kind::Failed || outcome.kind == Outcome::Kind::Deadline ||
        outcome.kind == Outcome::Kind::NotStarted) {
        ++counted_.failed;
    }
    const bool may_have_acted =
        (job.told || job.ended_untold) && job.answer != Answer::AlreadyInForce && job.answer != Answer::Protected;
    if (job.action.stateful() && may_have_acted) return end_stateful_apply(job, std::move(outcome));
    finish_unrun(job, outcome);
}

// Also one that failed: it may have done half of it.
void Engine::Impl::end_stateful_apply(Job& job, Outcome outcome) {
    if (!job.timeout) {
        // It ended without a question, or before its turn to be answered.
        count_offence(job, false,
                      [this, outcome = std::move(outcome)](Job& ready) { end_stateful_apply(ready, outcome); });
        return;
    }
    if (!job.in_force) put_in_force(job);
    job.due = due_in(*job.timeout);
    take_over_older(job);
    if (job.undo_requested) job.due = due_in({});
    report_end(job, outcome);
    hooks::reached("before_finish");
    ++recording_;
    ledger_.finish_apply(job.action.id, outcome, Phase::InForce, job.due,
                         alive_.guard([this, mark = job.mark](const Result<void>&) {
                             if (mark) marks_.clear(*mark);
                             --recording_;
                             hooks::reached("finish_recorded");
                             check_stopped();
                         }));
    hooks::reached("finish_asked");
    arm(job, outcome.kind != Outcome::Kind::Success);
    hooks::reached("armed");
    retire(job);
}

// The same key may be in the schedule already: a failed apply that this one repeated, or the alert's own key of a run
// that a crash cut off before its keys were recorded. One reversal is enough, at the later time.
void Engine::Impl::take_over_older(Job& job) {
    const Key alert{job.action.executable, Key::Kind::Alert, {job.action.srcip, job.action.user, job.action.filename}};
    for (const Key::Digest& key : {job.action.key.digest(), alert.digest()}) {
        const Schedule::Entry* older = schedule_.find_key(key);
        if (!older || older->id == job.action.id || older->taken) continue;
        const auto later_by = older->due - job.due.boot;
        if (later_by.count() > 0) job.due = {job.due.boot + later_by, job.due.wall + later_by};
        Outcome merged;
        merged.kind = Outcome::Kind::AlreadyInForce;
        merged.text = "action " + std::to_string(job.action.id) + " took its place";
        ledger_.finish_reverse(older->id, merged, Phase::Closed, {}, older->failures);
        emit(older->id, event::Merged{job.action.id});
        schedule_.remove(older->id);
    }
}

void Engine::Impl::arm(const Job& job, bool apply_failed) {
    Ledger::Armed armed;
    armed.id = job.action.id;
    armed.key = job.action.key.digest();
    armed.executable = job.action.executable;
    armed.command = job.action.command;
    armed.due = job.due;
    armed.apply_failed = apply_failed;
    schedule_.arm(armed);
    drift_.in_force();
    emit(armed.id, event::Armed{armed.due, job.action.key.values});
}

// Nothing came into force: stateless, refused, a repeat, or not started.
void Engine::Impl::finish_unrun(Job& job, const Outcome& outcome) {
    report_end(job, outcome);
    hooks::reached("before_close");
    if (job.record != Record::Refused) {
        ++recording_;
        ledger_.finish_apply(job.action.id, outcome, Phase::Closed, {},
                             alive_.guard([this, mark = job.mark](const Result<void>&) {
                                 if (mark) marks_.clear(*mark);
                                 --recording_;
                                 check_stopped();
                             }));
    } else if (job.mark) {
        marks_.clear(*job.mark);
    }
    retire(job);
}

// Whatever the outcome, the action stays in the schedule and is undone at its time.
void Engine::Impl::end_reapply(Job& job, const Outcome& outcome) {
    report_end(job, outcome);
    const ActionId id = job.action.id;
    emit(id, event::Reapplied{outcome});
    schedule_.set_taken(id, false);
    retire(job);
}

}  // namespace riposte
