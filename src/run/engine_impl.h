// SPDX-License-Identifier: Apache-2.0
// The engine's inside, private to src/run: applying.cpp, reversing.cpp, recovery.cpp and engine.cpp each hold a part of
// it.
//
// A request becomes a Job. It waits for its turn at its alert's key, then for a slot, is started while the ledger commits
// it, and is told when both are done. When the executable names its keys, the job waits for its turn at these too before
// the executable is answered. A reversal waits for its turn at the key that it undoes, is loaded from the ledger, and
// waits for a slot. A job that waits for a slot may have a turn, and a job that has a slot may wait for one; requests
// and reversals each have slots that the other kind never gets, so they cannot block each other.
#pragma once

#include "src/alive.h"
#include "src/run/admission.h"
#include "src/run/configuration.h"
#include "src/run/drift.h"
#include "src/run/engine.h"
#include "src/run/execution.h"
#include "src/run/key_queues.h"
#include "src/run/limiter.h"
#include "src/run/schedule.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace riposte {

class Engine::Impl {
  public:
    Impl(const Services& services, Config config);
    ~Impl();

    // engine.cpp: what comes in, who may start, and what operators ask for
    Verdict submit(const Incoming& incoming, std::function<void()> settled);
    ActionId reserve_id() { return ledger_.next_id(); }
    bool has_room() const { return waiting_ < configuration_->config().settings.queue; }
    Result<void> undo(ActionId id);
    Result<Due> extend(ActionId id, std::chrono::milliseconds by);
    Result<void> abandon(ActionId id);
    void reconfigure(Config config);
    void protect_managers(std::vector<std::string> addresses);
    void stop(std::chrono::milliseconds grace, std::function<void()> stopped);
    Status status() const;
    boost::json::array commands() const;
    std::shared_ptr<void> check_commands(std::function<void(boost::json::array)> done);
    std::string live_state(ActionId id) const;

    // recovery.cpp
    Result<void> start(const std::vector<RunningMarks::Mark>& left);

  private:
    enum class Work { Apply, Reapply, Reverse };
    enum class Record { Waiting, Committed, Refused };  // what the ledger said to admit()
    enum class Answer { None, Continue, AlreadyInForce, Protected };

    struct Job final : Execution::Owner {
        Job(Impl& owner, Work kind) : engine(owner), work(kind) {}
        void on_started() override { engine.on_started(*this); }
        void on_keys(std::vector<std::string> keys) override { engine.on_keys(*this, std::move(keys)); }
        void on_no_keys() override { engine.on_no_keys(*this); }
        void on_end(Outcome outcome) override { engine.on_end(*this, std::move(outcome)); }

        Impl& engine;
        Work work;
        Action action;
        std::vector<std::chrono::minutes> repeated_offenders;
        std::vector<Key::Digest> turns;
        TrustedExecutable executable;
        std::shared_ptr<Execution> execution;
        std::optional<RunningMarks::Slot> mark;
        std::optional<ActionId> replaces;  // a failed apply of the same key that this one takes over
        Record record = Record::Waiting;
        Answer answer = Answer::None;
        std::optional<Outcome> ended_untold;  // it ended before the ledger had said whether it may be told
        bool in_force = false;                // recorded as such
        bool has_slot = false;
        bool told = false;
        bool undo_requested = false;
        std::optional<std::chrono::milliseconds> timeout;  // with repeated offences counted in, as soon as they are
        Due due;
        bool stateful_apply() const { return work == Work::Apply && action.stateful(); }
        Verb verb() const { return work == Work::Reverse ? Verb::Reverse : Verb::Apply; }
    };
    using Jobs = std::unordered_map<ActionId, std::unique_ptr<Job>>;

    // ---- engine.cpp ----
    // Counts and reports a refusal.
    std::variant<Admission, Refusal> decide(ActionId id, const Incoming& incoming);
    std::variant<Admission, Refusal> check(const Incoming& incoming);
    std::optional<Limiter::Excess> over_limits(const Admission& admission);
    void admit(ActionId id, Admission admission, const std::string& channel, std::function<void()> settled);
    void dry_run(ActionId id, const Admission& admission);
    void enqueue(Job& job);
    void pump();
    bool has_slot_for(Work work) const;
    bool start_next();
    void take_slot(Job& job);
    void retire(Job& job);
    void emit(ActionId id, event::Details details) { events_.emit(id, std::move(details)); }
    Due due_in(std::chrono::milliseconds left) const;
    void set_timer();
    void check_stopped();
    void reverse_instead_of_reapplying();

    // ---- applying.cpp ----
    void begin_apply(Job& job);
    void start_execution(Job& job);
    void on_started(Job& job);
    void on_recorded(ActionId id, const Result<void>& recorded);
    void tell_when_ready(Job& job);
    void tell(Job& job);
    void refuse(const Job& job, Refusal refusal);
    bool refuse_unrecorded(Job& job);
    void on_keys(Job& job, std::vector<std::string> keys);
    void on_no_keys(Job& job);
    void on_end(Job& job, Outcome outcome);
    void decide(Job& job);
    void decide_stateful(Job& job);
    void repeat(Job& job, ActionId in_force);
    void count_offence(Job& job, bool is_repeat, std::function<void(Job&)> then);
    void put_in_force(Job& job);
    void reply(Job& job, Answer answer);
    void end_apply(Job& job, Outcome outcome);
    void end_stateful_apply(Job& job, Outcome outcome);
    void end_reapply(Job& job, const Outcome& outcome);
    void take_over_older(Job& job);
    void arm(const Job& job, bool apply_failed);
    void report_end(const Job& job, const Outcome& outcome);
    void finish_unrun(Job& job, const Outcome& outcome);

    // ---- reversing.cpp ----
    void on_due();
    void want(Work work, ActionId id);
    void load_wanted();
    void on_loaded(Work work, ActionId id, Result<Action> loaded);
    bool still_wanted(Work work, ActionId id);
    void apply_again(ActionId id);
    void on_drift(ActionId id);
    void begin_reverse(Job& job);
    void end_reverse(Job& job, const Outcome& outcome);
    void retry_later(ActionId id, const Outcome& outcome);

    // ---- recovery.cpp ----
    void recover_admitted(Action action, bool rebooted);
    void recover_told(const Action& action, const RunningMarks::Mark& mark);
    void record_lost(ActionId id, Phase phase, Due due, std::optional<RunningMarks::Slot> mark = {});
    void lost_recorded();
    void recover_armed(Ledger::Armed armed, const std::map<ActionId, RunningMarks::Mark>& told, bool rebooted);
    void wait_for_orphan(ActionId id, const Key::Digest& key, const RunningMarks::Mark& mark,
                         std::chrono::milliseconds timeout, std::chrono::milliseconds deadline);

    boost::asio::io_context& loop_;
    const Clock& clock_;
    Ledger& ledger_;
    RunningMarks& marks_;
    Events& events_;
    ResponseLog& responses_;
    std::filesystem::path home_;
    std::unique_ptr<Configuration> configuration_;
    std::vector<std::string> managers_;
    Limiter limiter_;
    Schedule schedule_;
    KeyQueues key_queues_;
    BootTimer timer_;
    std::optional<BootTime> timer_set_for_;
    Spawner spawner_;
    Askable askable_;
    DriftCheck drift_;

    Jobs jobs_;
    std::deque<ActionId> applies_;                  // have their turn, wait for a slot
    std::deque<ActionId> reversals_;                // the same, loaded
    std::deque<std::pair<Work, ActionId>> wanted_;  // due, not loaded yet
    std::size_t loading_ = 0;
    std::size_t running_applies_ = 0, running_reversals_ = 0;
    std::size_t waiting_ = 0;                                     // admitted applies that have no slot yet
    std::unordered_map<std::string, std::size_t> stateful_jobs_;  // of each command, not yet in the schedule
    std::size_t stateful_jobs_total_ = 0;
    std::map<ActionId, std::unique_ptr<Orphan>> orphans_;
    bool pumping_ = false;

    enum class Stopping { No, Ending, Reversing, Stopped };
    Stopping stopping_ = Stopping::No;
    std::function<void()> stopped_;
    std::unique_ptr<boost::asio::steady_timer> grace_;
    std::size_t recording_ = 0;       // finishes that the ledger has not confirmed
    std::size_t recording_lost_ = 1;  // the same of what an earlier run left, and the start itself

    Status counted_;  // the counters; the rest is filled in by status()
    Alive alive_;
};

}  // namespace riposte
