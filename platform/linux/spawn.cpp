// SPDX-License-Identifier: Apache-2.0
// Needs Linux 5.3 (pidfd). The child shares this process's memory until it runs its file, as with vfork, but on a stack
// of its own: a copy of the page tables would cost milliseconds in a large process.
#include "platform/include/spawn.h"

#include "platform/linux/unique_fd.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

// glibc's other name for clone(2); weak, because not every C library has it. ThreadSanitizer takes clone() for a fork:
// it would run its own code in the child, on memory that is still ours, and forbid this process further threads.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...) noexcept __attribute__((weak));

namespace riposte {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kChildStack = 16384;
constexpr int kSignals = 64;
constexpr std::size_t kKernelSignalSet = 8;
constexpr int kExecutableInChild = 3;
// Linux before 5.9 has no close_range: there the descriptors below this number are closed one by one. Those that
// Riposte itself opens are close-on-exec in any case.
constexpr int kClosedOneByOne = 4096;
// The kernel's struct sigaction, all zero: the default action.
constexpr std::array<unsigned long, 8> kDefaultAction{};
constexpr std::array<unsigned long, 1024 / (8 * sizeof(unsigned long))> kNoSignals{};

enum class Step { Session, Handles, Directory, Execute };

// The data that the child needs before it runs its file. Parent and child share this memory; the child writes only
// `step` and `error`.
struct Launch {
    int input = -1;
    int output = -1;
    int errors = -1;
    int executable = -1;  // -1: run `path`
    const char* path = nullptr;
    const char* directory = nullptr;
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    Step step = Step::Session;
    int error = 0;
};

// Runs on the parent's memory while the parent's thread stands still: system calls only. The wrappers of a sanitizer
// would take them for the parent's (its table of signal handlers, of descriptors), and its own bookkeeping of calls
// would be left unbalanced, since this never returns.
__attribute__((no_sanitize("address"), no_sanitize("thread"))) int run_child(void* argument) {
    Launch* launch = static_cast<Launch*>(argument);
    // Before the mask is opened: a handler must not run here. Also undoes what the parent ignores.
    for (int number = 1; number <= kSignals; ++number) {
        ::syscall(SYS_rt_sigaction, number, &kDefaultAction, nullptr, kKernelSignalSet);
    }
    bool ok = ::syscall(SYS_setsid) >= 0;
    if (ok) {
        launch->step = Step::Handles;
        ok = ::syscall(SYS_dup3, launch->input, 0, 0) >= 0 && ::syscall(SYS_dup3, launch->output, 1, 0) >= 0 &&
             ::syscall(SYS_dup3, launch->errors, 2, 0) >= 0;
    }
    int first_closed = kExecutableInChild;
    if (ok && launch->executable >= 0) {
        if (launch->executable != kExecutableInChild) {
            ok = ::syscall(SYS_dup3, launch->executable, kExecutableInChild, O_CLOEXEC) >= 0;
        }
        ++first_closed;
    }
    if (ok && ::syscall(SYS_close_range, first_closed, ~0U, 0) < 0) {
        for (int number = first_closed; number < kClosedOneByOne; ++number) ::syscall(SYS_close, number);
    }
    if (ok) {
        launch->step = Step::Directory;
        ok = ::syscall(SYS_chdir, launch->directory) >= 0;
    }
    if (ok) {
        launch->step = Step::Execute;
        ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &kNoSignals, nullptr, kKernelSignalSet);
        if (launch->executable >= 0) {
            ::syscall(SYS_execveat, kExecutableInChild, "", launch->arguments, launch->environment, AT_EMPTY_PATH);
        } else {
            ::syscall(SYS_execve, launch->path, launch->arguments, launch->environment);
        }
    }
    launch->error = errno;
    ::syscall(SYS_exit_group, 127);
    return 127;
}

class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

// Returns when the child runs its file or has failed to. -1 with errno set: there was no child.
pid_t start_process(Launch& launch, UniqueFd& process) {
    alignas(16) std::array<std::byte, kChildStack> stack;
    const auto start = __clone != nullptr ? &__clone : &::clone;
    int descriptor = -1;
    pid_t pid = -1;
    int code = 0;
    {
        const SignalsBlocked blocked;
        pid = start(run_child, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch,
                    &descriptor);
        code = errno;
    }
    process.reset(descriptor);
    errno = code;
    return pid;
}

int reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error(errno, "create a pipe");
    Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
    pipe.read = above_standard(std::move(pipe.read));
    pipe.write = above_standard(std::move(pipe.write));
    if (!pipe.read || !pipe.write) return os_error(errno, "create a pipe");
    return pipe;
}

// The pointers of a null-terminated array, as execve wants it. The kernel does not write to what they point to.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

bool holds_nul(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        if (text.find('\0') != std::string::npos) return true;
    }
    return false;
}

Error launch_error(const Launch& launch, const SpawnRequest& request) {
    switch (launch.step) {
        case Step::Session:
            return os_error(launch.error, "start a session for " + request.executable->path());
        case Step::Handles:
            return os_error(launch.error, "hand the pipes to " + request.executable->path());
        case Step::Directory:
            return os_error(launch.error, "enter " + request.working_directory + " for " + request.executable->path());
        case Step::Execute:
            break;
    }
    const bool interpreter = launch.error == ENOENT && request.executable->is_script();
    return os_error(launch.error, "run " + request.executable->path() +
                                      (interpreter ? " (is the interpreter in its #! line installed?)" : ""));
}

// Field 22 of /proc/PID/stat, counted from behind the name, which may hold spaces and parentheses; 0 if there is no
// process.
std::uint64_t start_time(std::int64_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> buffer{};
    const ssize_t size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    const std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    std::size_t at = text.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at, nullptr, 10);
}

// The value that start_time() would have for a process that starts now: the kernel counts clock ticks since the boot.
std::uint64_t ticks_now() {
    static const long per_second = ::sysconf(_SC_CLK_TCK);
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const std::int64_t tick_ns = 1'000'000'000 / per_second;
    return static_cast<std::uint64_t>((now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec) / tick_ns);
}

// Closes the descriptor if the loop does not take it.
template <class Object>
Result<void> hand_to_loop(UniqueFd descriptor, Object& object) {
    boost::system::error_code error;
    object.assign(descriptor.get(), error);
    if (error) return Error{error, "watch a child's handle"};
    descriptor.release();
    return {};
}

}  // namespace

struct Child::State : std::enable_shared_from_this<Child::State> {
    explicit State(asio::io_context& its_loop)
        : loop(its_loop), input(loop), output(loop), errors(loop), process(loop) {}

    ~State() {
        if (pid <= 0 || reaped) return;
        ::kill(-pid, SIGKILL);
        reap(pid);
    }

    void wait() {
        process.async_wait(asio::posix::descriptor_base::wait_read,
                           [weak = weak_from_this()](const boost::system::error_code& error) {
                               const auto self = weak.lock();
                               if (self && !error) self->on_readable();
                           });
    }

    void on_readable() {
        siginfo_t info{};
        const int found = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
        if (found == 0 && info.si_pid == 0) return wait();
        if (found != 0 && errno == EINTR) return wait();
        if (found != 0) {
            // Somebody else reaped it (SIGCHLD is ignored, say): the process id is no longer ours to signal.
            const int code = errno;
            reaped = true;
            return finish(os_error(code, "wait for process " + std::to_string(pid)));
        }
        // While the leader is not reaped, its number cannot be another group's.
        if (end_rest) ::kill(-pid, SIGKILL);
        const int status = reap(pid);
        reaped = true;
        finish(WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0});
    }

    void finish(Result<ExitStatus> result) {
        ended = std::move(result);
        if (done) std::exchange(done, nullptr)(*ended);
    }

    void signal_group(int number) const {
        if (!reaped) ::kill(-pid, number);
    }

    asio::io_context& loop;
    asio::writable_pipe input;
    asio::readable_pipe output;
    asio::readable_pipe errors;
    asio::posix::stream_descriptor process;
    pid_t pid = -1;
    bool reaped = false;
    bool end_rest = false;
    std::uint64_t started = 0;
    std::optional<Result<ExitStatus>> ended;
    std::function<void(Result<ExitStatus>)> done;
};

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

Result<Child> Child::spawn(asio::io_context& loop, const SpawnRequest& request) {
    const TrustedExecutable& executable = *request.executable;
    if (holds_nul(request.arguments) || holds_nul(request.environment)) {
        return failure(std::errc::invalid_argument, "run " + executable.path() + " with a NUL byte in an argument");
    }
    auto input = make_pipe();
    if (!input) return input.error();
    auto output = make_pipe();
    if (!output) return output.error();
    auto errors = make_pipe();
    if (!errors) return errors.error();

    const std::vector<char*> arguments = pointers(request.arguments);
    const std::vector<char*> environment = pointers(request.environment);
    Launch launch;
    launch.input = input->read.get();
    launch.output = output->write.get();
    launch.errors = errors->write.get();
    launch.executable = executable.is_script() ? -1 : static_cast<int>(executable.handle());
    launch.path = executable.path().c_str();
    launch.directory = request.working_directory.c_str();
    launch.arguments = arguments.data();
    launch.environment = environment.data();

    // Made first: whatever fails from here on, its destructor ends and reaps the child.
    auto state = std::make_shared<State>(loop);
    UniqueFd process;
    const std::uint64_t earliest = ticks_now();
    const pid_t pid = start_process(launch, process);
    if (pid < 0) return os_error(errno, "start a process for " + executable.path());
    state->pid = pid;
    // It started within this tick, then; else identity() looks.
    if (ticks_now() == earliest) state->started = earliest;
    if (launch.error != 0) return launch_error(launch, request);
    if (!process) return failure(std::errc::not_supported, "watch a child process (this needs Linux 5.3 or newer)");

    if (auto taken = hand_to_loop(std::move(process), state->process); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(input->write), state->input); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(output->read), state->output); !taken) return taken.error();
    if (auto taken = hand_to_loop(std::move(errors->read), state->errors); !taken) return taken.error();
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
    return state_->pid;
}

ProcessIdentity Child::identity() const {
    if (state_->started == 0 && !state_->reaped) state_->started = start_time(state_->pid);
    return ProcessIdentity{state_->pid, state_->started};
}

void Child::async_wait(std::function<void(Result<ExitStatus>)> done) {
    state_->done = std::move(done);
    if (!state_->ended) return state_->wait();
    asio::post(state_->loop, [weak = std::weak_ptr(state_)] {
        if (const auto self = weak.lock(); self && self->done) std::exchange(self->done, nullptr)(*self->ended);
    });
}

std::optional<std::size_t> Child::unread_input() const {
    int bytes = 0;
    if (!state_->input.is_open() || ::ioctl(state_->input.native_handle(), FIONREAD, &bytes) != 0) return std::nullopt;
    return static_cast<std::size_t>(bytes);
}

void Child::ask_to_end() {
    state_->end_rest = true;
    state_->signal_group(SIGTERM);
    // A stopped process would not see the signal.
    state_->signal_group(SIGCONT);
}

void Child::end_tree() {
    state_->end_rest = true;
    state_->signal_group(SIGKILL);
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
            if (self && !error) self->end_tree();
        });
    }

    bool is_same() const { return start_time(identity.pid) == identity.started; }

    void watch() {
        UniqueFd opened;
        int code = ESRCH;
        if (identity.pid > 0 && identity.pid <= INT32_MAX && identity.started != 0) {
            opened.reset(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(identity.pid), 0)));
            code = errno;
        }
        // Compared after opening: from then on the number cannot pass to another process unseen.
        if (opened && !is_same())
            opened.reset();
        else if (!opened && code != ESRCH && code != EINVAL)
            return watch_later();
        if (!opened) return post_done();
        if (!hand_to_loop(std::move(opened), process)) return watch_later();
        was_running = true;
        wait();
    }

    // Out of descriptors or memory. To say that it has ended would let its reversal overlap with it.
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

    void wait() {
        process.async_wait(asio::posix::descriptor_base::wait_read,
                           [weak = weak_from_this()](const boost::system::error_code& error) {
                               const auto self = weak.lock();
                               if (self && !error) self->on_readable();
                           });
    }

    void on_readable() {
        // An event may be older than the wait that it wakes.
        pollfd state{process.native_handle(), POLLIN, 0};
        if (::poll(&state, 1, 0) == 1) return finish();
        wait();
    }

    void finish() {
        deadline.cancel();
        if (done) std::exchange(done, nullptr)(was_running);
    }

    void end_tree() {
        if (!done || !is_same()) return;
        const auto pid = static_cast<pid_t>(identity.pid);
        ::kill(::getpgid(pid) == pid ? -pid : pid, SIGKILL);
    }

    asio::io_context& loop;
    ProcessIdentity identity;
    asio::posix::stream_descriptor process;
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
