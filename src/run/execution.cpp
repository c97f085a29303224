// SPDX-License-Identifier: Apache-2.0
#include "src/run/execution.h"

#include "src/request/child_input.h"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <utility>

namespace riposte {

namespace {

using SteadyClock = std::chrono::steady_clock;

// How often a silent executable is looked at, and how long the pipes of one that has ended may stay quiet before what a
// descendant might still write is given up.
constexpr std::chrono::milliseconds kSilenceStep{25};
constexpr std::chrono::milliseconds kDrainQuiet{20};
constexpr std::chrono::milliseconds kDrainLimit{200};

}  // namespace

std::shared_ptr<Execution> Execution::start(Spawner& spawner, TrustedExecutable executable, SpawnRequest request,
                                            const Limits& limits, Owner& owner) {
    auto execution = std::make_shared<Execution>(spawner.loop(), limits, owner);
    // A child whose execution is gone by then ends with its handler.
    spawner.start(std::move(executable), std::move(request), limits.at_once,
                  [weak = std::weak_ptr(execution)](Result<Child> child) {
                      if (const auto self = weak.lock()) self->begin(std::move(child));
                  });
    return execution;
}

Execution::Execution(boost::asio::io_context& loop, const Limits& limits, Owner& owner)
    : limits_(limits),
      owner_(&owner),
      started_(SteadyClock::now()),
      last_output_(started_),
      deadline_(loop),
      conversation_(loop),
      drain_(loop) {}

void Execution::begin(Result<Child> child) {
    if (finished_) return;
    if (!child) return not_started(child.error());
    child_ = std::move(*child);
    last_output_ = started_ = SteadyClock::now();
    child_->async_wait([weak = weak_from_this()](Result<ExitStatus> status) {
        if (const auto self = weak.lock()) self->on_exit(std::move(status));
    });
    read(Stream::Output);
    read(Stream::Errors);
    arm_deadline();
    const auto self = shared_from_this();  // the owner may drop it
    owner_->on_started();
    if (end_asked_) end_now();
}

void Execution::not_started(const Error& error) {
    finished_ = true;
    Outcome outcome;
    outcome.kind = Outcome::Kind::NotStarted;
    outcome.text = error.text();
    std::exchange(owner_, nullptr)->on_end(std::move(outcome));
}

void Execution::arm_deadline() {
    deadline_.expires_at(started_ + limits_.deadline);
    deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->end_now();
    });
}

void Execution::end_now() {
    if (!child_) end_asked_ = true;
    if (!child_ || finished_ || exited_ || timed_out_) return;
    timed_out_ = true;
    child_->ask_to_end();
    deadline_.expires_after(kGrace);
    deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && !self->exited_) self->child_->end_tree();
    });
}

void Execution::detach() {
    owner_ = nullptr;
    finished_ = true;
    deadline_.cancel();
    conversation_.cancel();
    drain_.cancel();
    if (!child_) return;
    if (!exited_) child_->end_tree();
    boost::system::error_code ignored;
    child_->input().close(ignored);
    child_->output().close(ignored);
    child_->errors().close(ignored);
}

// ---- stdin ----

void Execution::tell(const std::string& line) {
    told_at_ = SteadyClock::now();
    if (line.empty()) {
        keys_possible_ = false;
        close_input();
        return;
    }
    write(line, false);
    wait_for_keys();
}

void Execution::answer(const std::string& line) {
    write(line, true);
}

void Execution::write(const std::string& line, bool then_close) {
    if (!input_open_) return;
    to_write_ += line;
    close_after_write_ = then_close;
    if (!writing_) write_next();
}

void Execution::write_next() {
    if (to_write_.empty()) {
        if (close_after_write_) close_input();
        return;
    }
    writing_ = true;
    child_->input().async_write_some(
        boost::asio::buffer(to_write_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
            self->writing_ = false;
            if (self->finished_ || !self->input_open_) return;
            // It closed its stdin or ended: its exit status tells what came of it.
            if (error) return self->close_input();
            self->to_write_.erase(0, size);
            self->write_next();
        });
}

void Execution::close_input() {
    if (!input_open_) return;
    input_open_ = false;
    boost::system::error_code ignored;
    child_->input().close(ignored);
}

// ---- the question ----

void Execution::wait_for_keys() {
    if (limits_.close_when_silent) return check_silence();
    conversation_.expires_after(limits_.keys_deadline);
    conversation_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->give_up_keys();
    });
}

// Whether the executable has read its line can be seen but not waited for, so it is looked at while this one is
// running.
void Execution::check_silence() {
    if (!keys_possible_ || exited_ || finished_) return;
    const auto now = SteadyClock::now();
    // Where the system cannot tell, it gets all its time.
    const bool has_read = to_write_.empty() && child_->unread_input() == std::size_t{0};
    if (!has_read) drained_since_ = {};
    if (has_read && drained_since_ == SteadyClock::time_point{}) drained_since_ = now;
    const auto silent_since = std::max(drained_since_, last_output_);
    const bool is_silent = has_read && now - silent_since >= kSilence;
    if (is_silent || now - told_at_ >= limits_.keys_deadline) return give_up_keys();
    conversation_.expires_after(kSilenceStep);
    conversation_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->check_silence();
    });
}

void Execution::give_up_keys() {
    if (!keys_possible_ || finished_) return;
    keys_possible_ = false;
    line_.clear();
    close_input();
    if (owner_) owner_->on_no_keys();
}

void Execution::look_for_keys(const char* data, std::size_t size) {
    std::string_view rest(data, size);
    while (keys_possible_ && !rest.empty()) {
        const std::size_t newline = rest.find('\n');
        const std::string_view part = rest.substr(0, newline);
        if (line_.size() + part.size() > kMaxLine) {
            // No question is that long. Nothing that follows on this line is one either, so it is not looked for any
            // more.
            return give_up_keys();
        }
        line_ += part;
        if (newline == std::string_view::npos) return;
        rest.remove_prefix(newline + 1);
        take_line(std::exchange(line_, {}));
    }
}

void Execution::take_line(std::string_view line) {
    Result<std::vector<std::string>> keys = parse_check_keys(line);
    // Whatever else it prints is output; the question may still come.
    if (!keys) return;
    keys_possible_ = false;
    conversation_.cancel();
    if (owner_) owner_->on_keys(std::move(*keys));
}

// ---- stdout and stderr ----

void Execution::read(Stream stream) {
    auto& pipe = stream == Stream::Output ? child_->output() : child_->errors();
    auto& state = stream == Stream::Output ? output_ : errors_;
    pipe.async_read_some(boost::asio::buffer(state.buffer),
                         [self = shared_from_this(), stream](const boost::system::error_code& error, std::size_t size) {
                             if (self->finished_) return;
                             Pipe& read_pipe = stream == Stream::Output ? self->output_ : self->errors_;
                             if (error) {
                                 read_pipe.open = false;
                                 if (self->exited_) self->finish_when_read();
                                 return;
                             }
                             self->take(stream, size);
                             if (!self->finished_) self->read(stream);
                         });
}

void Execution::take(Stream stream, std::size_t size) {
    const auto& state = stream == Stream::Output ? output_ : errors_;
    last_output_ = SteadyClock::now();
    keep_output({state.buffer.data(), size});
    if (stream == Stream::Output && keys_possible_ && told_at_ != SteadyClock::time_point{})
        look_for_keys(state.buffer.data(), size);
}

void Execution::keep_output(std::string_view data) {
    tail_ += data;
    output_bytes_ += data.size();
    // Trimmed at twice the size, so that a flood is not moved byte by byte.
    if (tail_.size() > 2 * kKeptOutput) tail_.erase(0, tail_.size() - kKeptOutput);
}

// ---- the end ----

void Execution::on_exit(Result<ExitStatus> status) {
    exited_ = true;
    exited_at_ = SteadyClock::now();
    status_ = std::move(status);
    deadline_.cancel();
    close_input();
    finish_when_read();
}

// The output that the executable wrote before it ended is in the pipes already and is read at once. A descendant may
// hold the pipes open for ever, so their end is not waited for.
void Execution::finish_when_read() {
    if (finished_) return;
    const auto now = SteadyClock::now();
    const bool all_read = !output_.open && !errors_.open;
    const bool quiet = now - std::max(last_output_, exited_at_) >= kDrainQuiet || now - exited_at_ >= kDrainLimit;
    if (all_read || quiet) return finish();
    drain_.expires_after(kDrainQuiet);
    drain_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->finish_when_read();
    });
}

void Execution::finish() {
    const auto self = shared_from_this();  // the owner may drop it
    // A last line without its newline may be the question of one that did not wait for the answer.
    if (keys_possible_ && !line_.empty()) take_line(std::exchange(line_, {}));
    keys_possible_ = false;
    finished_ = true;
    conversation_.cancel();
    drain_.cancel();
    boost::system::error_code ignored;
    child_->output().close(ignored);
    child_->errors().close(ignored);
    if (owner_) std::exchange(owner_, nullptr)->on_end(outcome());
}

Outcome Execution::outcome() const {
    Outcome result;
    result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(exited_at_ - started_);
    result.output = tail_.size() > kKeptOutput ? tail_.substr(tail_.size() - kKeptOutput) : tail_;
    result.output_dropped = output_bytes_ - result.output.size();
    if (!status_) {
        result.kind = Outcome::Kind::Failed;
        result.text = status_.error().text();
        return result;
    }
    result.exit_code = status_->code;
    result.signal = status_->signal;
    result.kind = timed_out_           ? Outcome::Kind::Deadline
                  : status_->success() ? Outcome::Kind::Success
                                       : Outcome::Kind::Failed;
    return result;
}

}  // namespace riposte
