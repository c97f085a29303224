// SPDX-License-Identifier: Apache-2.0
#include "platform/include/program.h"

#include "platform/include/environment.h"
#include "platform/linux/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace riposte {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string_view search_path() {
    constexpr std::string_view kName = "PATH=";
    for (const std::string& variable : child_environment()) {
        if (variable.starts_with(kName)) return std::string_view(variable).substr(kName.size());
    }
    return {};
}

// A child that is reaped by whoever owns this, killed if it still runs.
class Process {
  public:
    explicit Process(pid_t pid) : pid_(pid), exit_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (pid_ < 0) return;
        ::kill(pid_, SIGKILL);
        reap();
    }

    // Becomes readable when it has ended.
    int exit_descriptor() const { return exit_.get(); }

    int reap() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

  private:
    pid_t pid_;
    UniqueFd exit_;
};

struct OutputPipe {
    UniqueFd read, write;
};

Result<OutputPipe> make_output_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error(errno, "create a pipe");
    OutputPipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
    pipe.read = above_standard(std::move(pipe.read));
    pipe.write = above_standard(std::move(pipe.write));
    if (!pipe.read || !pipe.write) return os_error(errno, "create a pipe");
    return pipe;
}

// The whole input stands there before the child starts, so nobody waits for the other.
Result<UniqueFd> input_file(const std::string& input) {
    UniqueFd file = above_standard(UniqueFd(::memfd_create("input", MFD_CLOEXEC)));
    if (!file) return os_error(errno, "create a memory file");
    for (std::size_t done = 0; done < input.size();) {
        const ssize_t count = ::write(file.get(), input.data() + done, input.size() - done);
        if (count < 0 && errno != EINTR) return os_error(errno, "write to a memory file");
        if (count > 0) done += static_cast<std::size_t>(count);
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::vector<char*> argument_pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
    result.push_back(nullptr);
    return result;
}

// The instructions to posix_spawn for the child: the standard descriptors, the root directory as working directory,
// default handling of all signals, and none blocked.
class ChildSetup {
  public:
    ChildSetup(int in, int out, short more_flags = 0) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, out, STDERR_FILENO);
        ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
        ::posix_spawnattr_init(&attributes_);
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_,
                                   static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | more_flags));
    }
    ChildSetup(const ChildSetup&) = delete;
    ChildSetup& operator=(const ChildSetup&) = delete;
    ~ChildSetup() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

Result<pid_t> start(const std::string& path, std::vector<std::string> arguments, int in, int out,
                    short more_flags = 0) {
    arguments.insert(arguments.begin(), path);
    const ChildSetup setup(in, out, more_flags);
    pid_t pid = -1;
    const int code = ::posix_spawn(&pid, path.c_str(), setup.actions(), setup.attributes(),
                                   argument_pointers(arguments).data(), argument_pointers(child_environment()).data());
    if (code != 0) return os_error(code, "start " + path);
    return pid;
}

void take_output(UniqueFd& pipe, std::string& output, std::size_t most) {
    std::array<char, 8192> buffer{};
    const ssize_t count = ::read(pipe.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return pipe.reset();
    output.append(buffer.data(), std::min(static_cast<std::size_t>(count), most - output.size()));
}

// Until the child has ended and what it wrote has been read; a grandchild that keeps the pipe open is not waited for.
Result<ProgramResult> finish(const std::string& path, Process& process, UniqueFd pipe, SteadyClock::time_point end,
                             std::size_t most_output) {
    ProgramResult result;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
        if (left <= 0) return failure(std::errc::timed_out, path + " was killed");
        std::array<pollfd, 2> wanted{{{pipe.get(), POLLIN, 0}, {process.exit_descriptor(), POLLIN, 0}}};
        if (::poll(wanted.data(), wanted.size(), static_cast<int>(left)) < 0 && errno != EINTR)
            return os_error(errno, "wait for " + path);
        if (wanted[0].revents != 0) {
            take_output(pipe, result.output, most_output);
        } else if (wanted[1].revents != 0) {
            result.exit_code = process.reap();
            return result;
        }
    }
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
    if (name.empty() || name.find('/') != std::string::npos) return failure("a program's bare name is wanted");
    for (std::string_view path = search_path(); !path.empty();) {
        const std::size_t colon = path.find(':');
        const std::string file = std::string(path.substr(0, colon)) + "/" + name;
        if (::access(file.c_str(), X_OK) == 0) return file;
        path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
    }
    return failure(std::errc::no_such_file_or_directory, "find the program " + name);
}

Result<void> start_program(const std::string& path, const std::vector<std::string>& arguments) {
    const UniqueFd null = above_standard(UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
    if (!null) return os_error(errno, "open /dev/null");
    const auto pid = start(path, arguments, null.get(), null.get(), POSIX_SPAWN_SETSID);
    return pid ? Result<void>() : pid.error();
}

Result<ProgramResult> run_program(const std::string& name, const std::vector<std::string>& arguments,
                                  const std::string& input, std::chrono::milliseconds deadline,
                                  std::size_t most_output) {
    const auto end = SteadyClock::now() + deadline;
    const auto path = find_program(name);
    if (!path) return path.error();
    const auto in = input_file(input);
    if (!in) return in.error();
    auto pipe = make_output_pipe();
    if (!pipe) return pipe.error();
    const auto pid = start(*path, arguments, in->get(), pipe->write.get());
    if (!pid) return pid.error();
    Process process(*pid);
    pipe->write.reset();
    return finish(*path, process, std::move(pipe->read), end, most_output);
}

std::string describe(const std::string& name, const ProgramResult& result) {
    std::string_view output = result.output;
    output = output.substr(0, output.find_last_not_of(" \r\n") + 1);
    output = output.substr(output.rfind('\n') + 1);
    std::string text = name + ": exit code " + std::to_string(result.exit_code);
    return output.empty() ? text : text + ": " + std::string(output.substr(0, 300));
}

}  // namespace riposte
