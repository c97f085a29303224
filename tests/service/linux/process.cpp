// SPDX-License-Identifier: Apache-2.0
#include "tests/service/process.h"

#include "platform/include/paths.h"
#include "tests/service/service_fixture.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace riposte::testing {

namespace fs = std::filesystem;

const std::chrono::milliseconds kStartTakes{150};

namespace {

constexpr int kFirstActivated = 3;

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> all = more;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("RIPOSTE_") && !text.starts_with("LISTEN_")) all.emplace_back(text);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& one : texts) result.push_back(one.data());
    result.push_back(nullptr);
    return result;
}

int open_file(const fs::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("open " + path.string() + ": " + std::strerror(errno));
    return descriptor;
}

}  // namespace

std::int64_t start_process(const Start& what) {
    std::array<char, 32> listen_pid{};
    std::vector<std::string> argument_texts = what.arguments;
    std::vector<std::string> variables = environment_with(what.environment);
    if (what.activated >= 0) variables.emplace_back("LISTEN_FDS=1");
    const std::array<int, 3> standard{open_file(what.input.empty() ? "/dev/null" : what.input, O_RDONLY),
                                      open_file(what.output, O_WRONLY | O_CREAT | O_APPEND),
                                      open_file(what.errors, O_WRONLY | O_CREAT | O_APPEND)};
    std::vector<char*> arguments = pointers(argument_texts);
    std::vector<char*> environment = pointers(variables);
    if (what.activated >= 0) environment.insert(environment.begin(), listen_pid.data());
    // A signal that came before the program runs would be handled by the test program's handlers, in its copy.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    const int code = errno;
    if (pid != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(code));
    if (pid == 0) {
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int number = 0; number < 3; ++number) ::dup2(standard[static_cast<std::size_t>(number)], number);
        if (what.activated >= 0) {
            std::snprintf(listen_pid.data(), listen_pid.size(), "LISTEN_PID=%ld", static_cast<long>(::getpid()));
            if (what.activated == kFirstActivated) {
                ::fcntl(kFirstActivated, F_SETFD, 0);
            } else {
                ::dup2(what.activated, kFirstActivated);
            }
        }
        // The service must not inherit the test program's other descriptors, such as a manager's sockets.
        ::close_range(what.activated >= 0 ? kFirstActivated + 1 : kFirstActivated, ~0U, 0);
        ::execve(arguments[0], arguments.data(), environment.data());
        ::_exit(127);
    }
    for (const int descriptor : standard) ::close(descriptor);
    return pid;
}

std::optional<int> ended(std::int64_t id) {
    int status = 0;
    const pid_t found = ::waitpid(static_cast<pid_t>(id), &status, WNOHANG);
    if (found == 0) return std::nullopt;
    if (found < 0) throw std::runtime_error(std::string("waitpid: ") + std::strerror(errno));
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void kill_process(std::int64_t id) {
    ::kill(static_cast<pid_t>(id), SIGKILL);
}

bool takes_requests_to_stop() {
    return true;
}

void ask_to_stop(std::int64_t id) {
    ::kill(static_cast<pid_t>(id), SIGTERM);
}

void kill_processes_in(const fs::path& directory) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc() || pid == ::getpid()) continue;
        const fs::path works_in = fs::read_symlink(entry.path() / "cwd", ignored);
        if (!ignored && works_in == directory) ::kill(pid, SIGKILL);
    }
}

// ---- the agent ----

struct Sender::State {
    fs::path execq;
    int socket = -1;
};

Sender::Sender(const fs::path& home, const fs::path&)
    : state_(std::make_unique<State>(State{execq_paths(home).front()})) {}

Sender::~Sender() {
    if (state_->socket >= 0) ::close(state_->socket);
}

namespace {

// -1: nobody has the socket.
int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
}

}  // namespace

bool Sender::send(std::string_view message) {
    if (state_->socket < 0) state_->socket = connect_to(state_->execq.string());
    if (state_->socket < 0) return false;
    ssize_t sent = 0;
    while ((sent = ::send(state_->socket, message.data(), message.size(), MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    if (sent == static_cast<ssize_t>(message.size())) return true;
    ::close(std::exchange(state_->socket, -1));
    return false;
}

// ---- signals ----

void Riposte::signal(int number) const {
    if (id_ > 0) ::kill(static_cast<pid_t>(id_), number);
}

}  // namespace riposte::testing
