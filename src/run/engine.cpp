// SPDX-License-Identifier: Apache-2.0
// Requests, the slots in which executables run, and the operations of operators.
#include "src/run/engine.h"

#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/hooks.h"
#include "src/log/log.h"
#include "src/run/command_check.h"
#include "src/run/engine_impl.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace riposte {

namespace {

// Of max_running, what neither requests nor reversals may take from the other.
std::size_t kept_free(std::size_t max_running) {
    return std::max<std::size_t>(1, max_running / 8);
}

}  // namespace

Engine::Engine(const Services& services, Config config) : impl_(std::make_unique<Impl>(services, std::move(config))) {}
Engine::~Engine() = default;
Result<void> Engine::start(const std::vector<RunningMarks::Mark>& left) {
    return impl_->start(left);
}
Engine::Verdict Engine::submit(const Incoming& incoming, std::function<void()> settled) {
    return impl_->submit(incoming, std::move(settled));
}
ActionId Engine::reserve_id() {
    return impl_->reserve_id();
}
bool Engine::has_room() const {
    return impl_->has_room();
}
Result<void> Engine::undo(ActionId id) {
    return impl_->undo(id);
}
Result<Due> Engine::extend(ActionId id, std::chrono::milliseconds by) {
    return impl_->extend(id, by);
}
Result<void> Engine::abandon(ActionId id) {
    return impl_->abandon(id);
}
void Engine::reconfigure(Config config) {
    impl_->reconfigure(std::move(config));
}
void Engine::protect_managers(std::vector<std::string> addresses) {
    impl_->protect_managers(std::move(addresses));
}
void Engine::stop(std::chrono::milliseconds grace, std::function<void()> stopped) {
    impl_->stop(grace, std::move(stopped));
}
Engine::Status Engine::status() const {
    return impl_->status();
}
boost::json::array Engine::commands() const {
    return impl_->commands();
}
std::shared_ptr<void> Engine::check_commands(std::function<void(boost::json::array)> done) {
    return impl_->check_commands(std::move(done));
}
std::string Engine::live_state(ActionId id) const {
    return impl_->live_state(id);
}

Engine::Impl::Impl(const Services& services, Config config)
    : loop_(services.loop),
      clock_(services.clock),
      ledger_(services.ledger),
      marks_(services.marks),
      events_(services.events),
      responses_(services.responses),
      home_(services.home),
      timer_(services.loop, services.clock),
      spawner_(services.loop),
      askable_(bin_directory(services.home)),
      drift_({spawner_, services.clock, services.ledger, schedule_, askable_, services.home,
              [this](ActionId id) { on_drift(id); }, [](const std::string& text) { log().warning(text); }}) {
    counted_.since = services.clock.wall_time();
    reconfigure(std::move(config));
}

Engine::Impl::~Impl() {
    for (const auto& [id, job] : jobs_) {
        if (job->execution) job->execution->detach();
    }
}

void Engine::Impl::reconfigure(Config config) {
    configuration_ = std::make_unique<Configuration>(std::move(config), home_, clock_);
    configuration_->protection().set_managers(managers_);
    drift_.set_interval(configuration_->config().settings.drift_check);
}

void Engine::Impl::protect_managers(std::vector<std::string> addresses) {
    managers_ = std::move(addresses);
    configuration_->protection().set_managers(managers_);
}

Due Engine::Impl::due_in(std::chrono::milliseconds left) const {
    return {clock_.boot_time() + left, clock_.wall_time() + left};
}

// ---- what comes in ----

Engine::Verdict Engine::Impl::submit(const Incoming& incoming, std::function<void()> settled) {
    const ActionId id = incoming.id != 0 ? incoming.id : ledger_.next_id();
    ++counted_.received;
    hooks::reached("received");
    emit(id, event::Received{incoming.channel, incoming.sent_size});
    auto decision = decide(id, incoming);
    Admission* admission = std::get_if<Admission>(&decision);
    if (admission && !admission->settings.dry_run) {
        admit(id, std::move(*admission), incoming.channel, std::move(settled));
        return {id, std::nullopt};
    }
    if (admission) dry_run(id, *admission);
    if (settled) settled();
    return {id, admission ? std::nullopt : std::optional(std::get<Refusal>(std::move(decision)))};
}

std::variant<Admission, Refusal> Engine::Impl::decide(ActionId id, const Incoming& incoming) {
    auto decision = check(incoming);
    bool is_reported = true;
    const Admission* admission = std::get_if<Admission>(&decision);
    if (admission && !admission->settings.dry_run) {
        if (!has_room()) {
            decision = Refusal{RefusalReason::QueueFull, std::to_string(waiting_) + " requests are waiting already"};
        } else if (auto excess = over_limits(*admission)) {
            // A limit reports once a minute; its refusals in between are counted.
            is_reported = excess->report;
            if (is_reported) emit(id, event::Limited{excess->refusal, excess->unreported});
            decision = std::move(excess->refusal);
        }
    }
    if (const auto* refusal = std::get_if<Refusal>(&decision)) {
        ++counted_.refused[refusal->reason];
        if (is_reported) emit(id, event::Refused{*refusal, incoming.channel, first_bytes(incoming.bytes)});
    }
    return decision;
}

std::variant<Admission, Refusal> Engine::Impl::check(const Incoming& incoming) {
    if (stopping_ != Stopping::No) return Refusal{RefusalReason::Stopping, "Riposte is stopping"};
    if (incoming.sent_size > incoming.bytes.size()) {
        return Refusal{RefusalReason::Malformed, "the message has " + std::to_string(incoming.sent_size) +
                                                     " bytes; at most " + std::to_string(kMaxRequestBytes) +
                                                     " are allowed"};
    }
    auto decision = check_admission(*configuration_, incoming.bytes);
    hooks::reached("planned");
    return decision;
}

std::optional<Limiter::Excess> Engine::Impl::over_limits(const Admission& admission) {
    const bool stateful = admission.response.stateful();
    const auto jobs = stateful_jobs_.find(admission.response.command);
    const std::size_t of_command =
        schedule_.of_command(admission.response.command) + (jobs == stateful_jobs_.end() ? 0 : jobs->second);
    return limiter_.admit(admission.response.command, admission.settings.limits,
                          configuration_->config().settings.limits, clock_.boot_time(), stateful ? of_command : 0,
                          stateful ? schedule_.size() + stateful_jobs_total_ : 0);
}

void Engine::Impl::dry_run(ActionId id, const Admission& admission) {
    std::vector<std::string> argv = admission.input.argv(Verb::Apply);
    argv.insert(argv.begin(), admission.program);
    emit(id, event::DryRun{admission.response.command, admission.response.executable, std::move(argv),
                           admission.input.line(Verb::Apply), admission.response.timeout});
}

void Engine::Impl::admit(ActionId id, Admission admission, const std::string& channel, std::function<void()> settled) {
    auto job = std::make_unique<Job>(*this, Work::Apply);
    Action& action = job->action;
    action.id = id;
    action.name = (admission.request.ad_hoc ? "!" : "") + admission.request.name;
    action.command = admission.response.command;
    action.executable = admission.response.executable;
    action.channel = channel;
    action.srcip = admission.request.srcip;
    action.user = admission.request.user;
    action.filename = admission.request.filename;
    action.rule_id = admission.request.rule_id;
    action.alert_id = admission.request.alert_id;
    action.input = std::move(admission.input);
    action.key = std::move(admission.alert_key);
    action.timeout = admission.response.timeout;
    action.deadline = admission.settings.deadline;
    action.received_wall = clock_.wall_time();
    action.received_boot = clock_.boot_time();
    job->repeated_offenders = std::move(admission.response.repeated_offenders);
    // With nothing ahead of it, it starts now, with the file that was just checked.
    if (waiting_ == 0) job->executable = std::move(admission.executable);
    Job& queued = *job;
    jobs_.emplace(id, std::move(job));
    ledger_.admit(queued.action, alive_.guard([this, id, settled = std::move(settled)](const Result<void>& recorded) {
        if (settled) settled();
        on_recorded(id, recorded);
    }));
    hooks::reached("admit_asked");
    enqueue(queued);
}

void Engine::Impl::enqueue(Job& job) {
    ++waiting_;
    if (job.stateful_apply()) {
        ++stateful_jobs_[job.action.command];
        ++stateful_jobs_total_;
    }
    const ActionId id = job.action.id;
    const Key::Digest key = job.action.key.digest();
    key_queues_.take(key, [this, id, key] {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return key_queues_.release(key);
        found->second->turns.push_back(key);
        applies_.push_back(id);
        pump();
    });
    const auto still = jobs_.find(id);
    if (still != jobs_.end() && !still->second->has_slot) emit(id, event::Queued{still->second->action.command});
}

// ---- who may start ----

bool Engine::Impl::has_slot_for(Work work) const {
    // With one slot, a request that waits for its turn at a key and the reversal that has it would block each other.
    const std::size_t slots = std::max<std::size_t>(2, configuration_->config().settings.max_running);
    const std::size_t share = slots - kept_free(slots);
    const std::size_t running = work == Work::Reverse ? running_reversals_ : running_applies_;
    return running < share && running_applies_ + running_reversals_ < slots;
}

void Engine::Impl::take_slot(Job& job) {
    job.has_slot = true;
    if (job.work == Work::Apply) --waiting_;
    ++(job.work == Work::Reverse ? running_reversals_ : running_applies_);
}

// Not entered twice: what it starts may end at once and free what others wait for.
void Engine::Impl::pump() {
    if (pumping_) return;
    pumping_ = true;
    while (start_next()) {
    }
    pumping_ = false;
    load_wanted();
}

bool Engine::Impl::start_next() {
    if (stopping_ == Stopping::Ending || stopping_ == Stopping::Stopped) return false;
    const bool reverse = !reversals_.empty() && has_slot_for(Work::Reverse);
    const bool apply = !applies_.empty() && has_slot_for(Work::Apply) && stopping_ == Stopping::No;
    if (!reverse && !apply) return false;
    auto& queue = reverse ? reversals_ : applies_;
    const ActionId id = queue.front();
    queue.pop_front();
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return true;
    Job& job = *found->second;
    take_slot(job);
    if (job.work == Work::Reverse) {
        begin_reverse(job);
    } else {
        begin_apply(job);
    }
    return true;
}

// The job is over: what it held goes to those who wait.
void Engine::Impl::retire(Job& job) {
    const ActionId id = job.action.id;
    if (job.execution) job.execution->detach();
    if (job.has_slot) --(job.work == Work::Reverse ? running_reversals_ : running_applies_);
    if (!job.has_slot && job.work == Work::Apply) --waiting_;
    if (job.stateful_apply()) {
        --stateful_jobs_total_;
        const auto count = stateful_jobs_.find(job.action.command);
        if (--count->second == 0) stateful_jobs_.erase(count);
    }
    const auto held = std::move(job.turns);
    jobs_.erase(id);
    for (const Key::Digest& key : held) key_queues_.release(key);
    set_timer();
    pump();
    check_stopped();
}

void Engine::Impl::set_timer() {
    const auto due = stopping_ == Stopping::No ? schedule_.next_due() : std::nullopt;
    if (due == timer_set_for_) return;
    timer_set_for_ = due;
    if (!due) return timer_.cancel();
    timer_.wait_until(*due, [this] { on_due(); });
}

// ---- what operators ask for ----

Result<void> Engine::Impl::undo(ActionId id) {
    const auto found = jobs_.find(id);
    if (found != jobs_.end() && found->second->work == Work::Apply) {
        Job& job = *found->second;
        if (!job.has_slot) {
            Outcome outcome;
            outcome.kind = Outcome::Kind::NotStarted;
            outcome.text = "cancelled by an operator before it was run";
            finish_unrun(job, outcome);
            return {};
        }
        if (!job.action.stateful())
            return failure("action " + std::to_string(id) + " is stateless: there is nothing to undo");
        job.undo_requested = true;
        return {};
    }
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return failure("no action " + std::to_string(id) + " is in force");
    schedule_.set_due(id, clock_.boot_time());
    if (entry->taken) return {};  // on its way, or as soon as it has been applied again
    emit(id, event::Extended{std::nullopt, due_in({})});
    on_due();
    return {};
}

Result<Due> Engine::Impl::extend(ActionId id, std::chrono::milliseconds by) {
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return failure("no action " + std::to_string(id) + " is in force");
    const Due due = due_in(std::max(std::chrono::milliseconds(0), entry->due - clock_.boot_time() + by));
    schedule_.set_due(id, due.boot);
    ledger_.set_due(id, due, entry->retrying ? Phase::Retrying : Phase::InForce);
    emit(id, event::Extended{std::nullopt, due});
    set_timer();
    return due;
}

Result<void> Engine::Impl::abandon(ActionId id) {
    const Schedule::Entry* entry = schedule_.find(id);
    if (!entry) return failure("no action " + std::to_string(id) + " is in force");
    const auto found = jobs_.find(id);
    if (found != jobs_.end() && found->second->has_slot) {
        return failure("action " + std::to_string(id) + " is being reversed right now: try again when that has failed");
    }
    schedule_.remove(id);
    ledger_.abandon(id);
    emit(id, event::Abandoned{});
    if (found != jobs_.end()) retire(*found->second);
    set_timer();
    return {};
}

// ---- stopping ----

void Engine::Impl::stop(std::chrono::milliseconds grace, std::function<void()> stopped) {
    stopping_ = Stopping::Ending;
    stopped_ = std::move(stopped);
    drift_.stop();
    set_timer();
    grace_ = std::make_unique<boost::asio::steady_timer>(loop_, grace);
    grace_->async_wait(alive_.guard([this](const boost::system::error_code& error) {
        if (error) return;
        for (const auto& [id, job] : jobs_) {
            if (job->execution) job->execution->end_now();
        }
    }));
    check_stopped();
}

// An action that waits to be applied again is undone like the rest.
void Engine::Impl::reverse_instead_of_reapplying() {
    for (auto& [work, id] : wanted_) work = Work::Reverse;
    for (const ActionId id : applies_) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || found->second->work != Work::Reapply) continue;
        found->second->work = Work::Reverse;
        reversals_.push_back(id);
    }
}

void Engine::Impl::check_stopped() {
    if (stopping_ == Stopping::No || stopping_ == Stopping::Stopped) return;
    if (running_applies_ + running_reversals_ > 0) return;
    if (stopping_ == Stopping::Ending && configuration_->config().settings.on_stop == OnStop::Reverse) {
        stopping_ = Stopping::Reversing;
        reverse_instead_of_reapplying();
        for (const ActionId id : schedule_.ids()) {
            if (schedule_.find(id)->taken) continue;
            schedule_.set_taken(id, true);
            wanted_.emplace_back(Work::Reverse, id);
        }
        pump();
        return;
    }
    const bool reversing = !wanted_.empty() || loading_ > 0 || !reversals_.empty() || running_reversals_ > 0;
    if (stopping_ == Stopping::Reversing && reversing) return;
    if (recording_ > 0) return;
    stopping_ = Stopping::Stopped;
    grace_->cancel();
    ledger_.refresh_wall_times();
    boost::asio::post(loop_, std::move(stopped_));
}

// ---- what is going on ----

Engine::Status Engine::Impl::status() const {
    Status status = counted_;
    status.running = running_applies_ + running_reversals_;
    status.queued = waiting_ + reversals_.size() + wanted_.size();
    status.in_force = schedule_.size();
    status.retrying = schedule_.retrying();
    status.next_due = schedule_.next_due();
    return status;
}

boost::json::array Engine::Impl::commands() const {
    boost::json::array rows;
    const Catalog& catalog = configuration_->catalog();
    // Thousands of commands may share one executable, and the check of a file can take milliseconds.
    std::unordered_map<std::string, std::optional<Error>> problems;
    for (const std::string& name : catalog.names()) {
        const Resolved* response = catalog.find(name);
        if (!response) continue;
        boost::json::object row{{"name", name},
                                {"command", response->command},
                                {"executable", response->executable},
                                {"timeout_s", response->timeout.count()},
                                {"path", (bin_directory(home_) / utf8_path(response->executable)).string()},
                                {"disabled", response->disabled},
                                {"source", response->from_ar_conf ? "ar.conf" : "local"}};
        const auto [found, is_new] = problems.try_emplace(response->executable);
        std::optional<Error>& problem = found->second;
        if (is_new) {
            const auto opened = open_trusted_executable(bin_directory(home_), response->executable);
            if (!opened) problem = opened.error();
        }
        row["present"] = !problem || problem->code != std::errc::no_such_file_or_directory;
        row["trusted"] = !problem;
        if (problem) row["problem"] = problem->text();
        const auto settings =
            effective_settings(configuration_->config().settings, response->command, response->executable);
        if (settings.dialect) row["dialect"] = to_string(*settings.dialect);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::shared_ptr<void> Engine::Impl::check_commands(std::function<void(boost::json::array)> done) {
    auto check = std::make_shared<CommandCheck>(spawner_, home_, askable_, commands(), std::move(done));
    check->start();
    return check;
}

std::string Engine::Impl::live_state(ActionId id) const {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) {
        const Schedule::Entry* entry = schedule_.find(id);
        return entry && entry->taken ? "queued" : "";
    }
    if (!found->second->has_slot) return "queued";
    return found->second->work == Work::Reverse ? "reversing" : "running";
}

}  // namespace riposte
