// SPDX-License-Identifier: Apache-2.0
#include "platform/include/spawn.h"

#include "platform/windows/child_pipe.h"
#include "platform/windows/console.h"
#include "platform/windows/start_process.h"
#include "platform/windows/wide.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/windows/object_handle.hpp>

#include <chrono>
#include <utility>

namespace riposte {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

// An ended job's processes are gone within moments; how often that is looked at, and for how long at most (one may hang
// in a driver).
constexpr std::chrono::milliseconds kEmptyStep{2};
constexpr std::chrono::seconds kEmptyLimit{5};

// Closes the handle if the loop does not take it.
template <class Object>
Result<void> hand_to_loop(UniqueHandle handle, Object& object) {
    boost::system::error_code error;
    object.assign(handle.get(), error);
    if (error) return os_error(static_cast<unsigned long>(error.value()), "watch a child's handle");
    handle.release();
    return {};
}

// A script is read while it runs, by its interpreter: until its end nobody shall change it.
UniqueHandle hold_script(const TrustedExecutable& executable) {
    HANDLE copy = nullptr;
    if (executable.is_script()) {
        ::DuplicateHandle(::GetCurrentProcess(), reinterpret_cast<HANDLE>(executable.handle()), ::GetCurrentProcess(),
                          &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    }
    return UniqueHandle(copy);
}

}  // namespace

struct Child::State : std::enable_shared_from_this<Child::State> {
    State(asio::io_context& its_loop, Job its_job, DWORD its_pid, std::uint64_t its_creation)
        : loop(its_loop),
          input(loop),
          output(loop),
          errors(loop),
          process(loop),
          empty_timer(loop),
          job(std::move(its_job)),
          pid(its_pid),
          created(its_creation) {}

    ~State() {
        if (ended && !end_rest) job.let_go();
        if (!ended) end_now();
    }

    // The destructor's: nobody waits for the end any more, but the process shall be gone.
    void end_now() {
        job.end_all();
        if (process.is_open())
            ::WaitForSingleObject(process.native_handle(), static_cast<DWORD>(kEmptyLimit.count()) * 1000);
    }

    void wait() {
        process.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!self || error == asio::error::operation_aborted) return;
            if (error) return self->finish(os_error(static_cast<unsigned long>(error.value()), "wait for a child"));
            self->on_exit();
        });
    }

    void on_exit() {
        DWORD code = 0;
        if (::GetExitCodeProcess(process.native_handle(), &code) == 0) {
            const DWORD reason = ::GetLastError();
            return finish(os_error(reason, "wait for process " + std::to_string(pid)));
        }
        const ExitStatus status{static_cast<int>(code), 0};
        if (!end_rest) return finish(status);
        job.end_all();
        finish_when_empty(status, SteadyClock::now() + kEmptyLimit);
    }

    void finish_when_empty(ExitStatus status, SteadyClock::time_point limit) {
        if (job.is_empty() || SteadyClock::now() >= limit) return finish(status);
        empty_timer.expires_after(kEmptyStep);
        empty_timer.async_wait([weak = weak_from_this(), status, limit](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->finish_when_empty(status, limit);
        });
    }

    void finish(Result<ExitStatus> result) {
        ended = std::move(result);
        if (done) std::exchange(done, nullptr)(*ended);
    }

    asio::io_context& loop;
    asio::writable_pipe input;
    asio::readable_pipe output;
    asio::readable_pipe errors;
    asio::windows::object_handle process;
    asio::steady_timer empty_timer;
    Job job;
    DWORD pid;
    std::uint64_t created;
    UniqueHandle script;
    bool end_rest = false;
    std::optional<Result<ExitStatus>> ended;
    std::function<void(Result<ExitStatus>)> done;
};

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

Result<Child> Child::spawn(asio::io_context& loop, const SpawnRequest& request) {
    auto input = make_child_pipe(Direction::ToChild);
    if (!input) return input.error();
    auto output = make_child_pipe(Direction::FromChild);
    if (!output) return output.error();
    auto errors = make_child_pipe(Direction::FromChild);
    if (!errors) return errors.error();
    auto started = start_process(request, {input->childs.get(), output->childs.get(), errors->childs.get()});
    if (!started) return started.error();

    // Whatever fails from here on, its destructor ends the child.
    auto state =
        std::make_shared<State>(loop, std::move(started->job), started->pid, creation_time(started->process.get()));
    state->script = hold_script(*request.executable);
    if (auto taken = hand_to_loop(std::move(started->process), state->process); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(input->ours), state->input); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(output->ours), state->output); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(errors->ours), state->errors); !taken) return taken.error();
    return Child(std::move(state));
}

asio::writable_pipe& Child::input() {
    return state_->input;
}
asio::readable_pipe& Child::output() {
    return state_->output;
}
asio::readable_pipe& Child::errors() {
    return state_->errors;
}

std::int64_t Child::process_id() const {
    return static_cast<std::int64_t>(state_->pid);
}

ProcessIdentity Child::identity() const {
    return ProcessIdentity{static_cast<std::int64_t>(state_->pid), state_->created};
}

void Child::async_wait(std::function<void(Result<ExitStatus>)> done) {
    state_->done = std::move(done);
    if (!state_->ended) return state_->wait();
    asio::post(state_->loop, [weak = std::weak_ptr(state_)] {
        if (const auto self = weak.lock(); self && self->done) std::exchange(self->done, nullptr)(*self->ended);
    });
}

std::optional<std::size_t> Child::unread_input() const {
    if (!state_->input.is_open()) return std::nullopt;
    return unread_bytes(state_->input.native_handle());
}

void Child::ask_to_end() {
    if (state_->ended) return;
    state_->end_rest = true;
    if (!send_break(state_->pid)) state_->job.end_all();
}

void Child::end_tree() {
    if (state_->ended) return;
    state_->end_rest = true;
    state_->job.end_all();
}

struct Orphan::State : std::enable_shared_from_this<Orphan::State> {
    State(asio::io_context& its_loop, ProcessIdentity its_identity, std::function<void(bool)> its_done)
        : loop(its_loop),
          identity(its_identity),
          process(loop),
          deadline(loop),
          retry(loop),
          done(std::move(its_done)) {}

    void start(std::chrono::milliseconds end_after) {
        watch();
        deadline.expires_after(end_after);
        deadline.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->end();
        });
    }

    // Empty if there is none, with SUCCESS in `code`: no such number, another process of that number, or one that has
    // ended and is only still held open by somebody.
    UniqueHandle open(DWORD access, DWORD& code) const {
        code = ERROR_SUCCESS;
        if (identity.pid <= 0 || identity.pid > UINT32_MAX || identity.started == 0) return {};
        UniqueHandle opened(::OpenProcess(access | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
                                          static_cast<DWORD>(identity.pid)));
        // INVALID_PARAMETER is its word for no such process. One that is closed to us was not started by us.
        if (!opened) code = ::GetLastError();
        if (code == ERROR_INVALID_PARAMETER || code == ERROR_ACCESS_DENIED) code = ERROR_SUCCESS;
        const bool is_same = opened && creation_time(opened.get()) == identity.started &&
                             ::WaitForSingleObject(opened.get(), 0) == WAIT_TIMEOUT;
        return is_same ? std::move(opened) : UniqueHandle();
    }

    void watch() {
        DWORD code = ERROR_SUCCESS;
        UniqueHandle opened = open(0, code);
        if (code != ERROR_SUCCESS) return watch_later();
        if (!opened) return post_done();
        if (!hand_to_loop(std::move(opened), process)) return watch_later();
        was_running = true;
        process.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!self || error == asio::error::operation_aborted) return;
            if (!error) return self->finish();
            boost::system::error_code ignored;
            self->process.close(ignored);
            self->watch_later();
        });
    }

    // Out of handles or memory. To say that it has ended would let its reversal overlap with it.
    void watch_later() {
        retry.expires_after(std::chrono::seconds(1));
        retry.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->watch();
        });
    }

    void post_done() {
        asio::post(loop, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->finish();
        });
    }

    void finish() {
        deadline.cancel();
        if (done) std::exchange(done, nullptr)(was_running);
    }

    void end() const {
        DWORD code = ERROR_SUCCESS;
        if (const UniqueHandle opened = open(PROCESS_TERMINATE, code)) ::TerminateProcess(opened.get(), 1);
    }

    asio::io_context& loop;
    ProcessIdentity identity;
    asio::windows::object_handle process;
    asio::steady_timer deadline;
    asio::steady_timer retry;
    bool was_running = false;
    std::function<void(bool)> done;
};

Orphan::Orphan(asio::io_context& loop, ProcessIdentity identity, std::chrono::milliseconds end_after,
               std::function<void(bool was_running)> done)
    : state_(std::make_shared<State>(loop, identity, std::move(done))) {
    state_->start(end_after);
}

Orphan::~Orphan() = default;

}  // namespace riposte
