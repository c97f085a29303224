// SPDX-License-Identifier: Apache-2.0
// The protocols of systemd by hand: each is a few lines of text (sd_notify(3), sd_listen_fds(3),
// sd_watchdog_enabled(3)).
#include "platform/include/service.h"

#include "platform/include/arguments.h"
#include "platform/linux/socket_path.h"
#include "platform/linux/unique_fd.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <malloc.h>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace riposte {
namespace {

namespace asio = boost::asio;

constexpr int kFirstActivated = 3;
constexpr int kMostActivated = 1024;
constexpr int kKeptFreeBytes = 4 * 1024 * 1024;
constexpr int kHeapStepBytes = 512 * 1024;

std::string environment(const char* name) {
    return environment_variable(name).value_or("");
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

Result<SocketAddress> notify_address(const std::string& name) {
    if (name.front() == '@') return SocketAddress::abstract(std::string_view(name).substr(1));
    if (name.front() == '/') return SocketAddress::of(name);
    return failure("NOTIFY_SOCKET is neither a path nor an abstract name");
}

// Whoever listens is a convenience: failures are ignored. But a full queue is waited for a moment, since without the
// message a start would count as failed.
void notify(const std::string& message) {
    const std::string name = environment("NOTIFY_SOCKET");
    if (name.empty()) return;
    const auto address = notify_address(name);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!address || !socket) return;
    const timeval limit{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, address->data(), address->size());
}

// A newline would begin another assignment.
std::string status_line(const std::string& status) {
    std::string line = "STATUS=" + status;
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\0'; }, ' ');
    return line + "\n";
}

std::int64_t monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
}

bool is_for_this_process(const char* variable) {
    return number(environment(variable)) == ::getpid();
}

bool is_listening(int descriptor) {
    int value = 0;
    socklen_t size = sizeof(value);
    return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

}  // namespace

int run_service(std::function<int()> body) {  // NOLINT(performance-unnecessary-value-param): kept on other systems
#ifdef __GLIBC__
    // A service at rest would give the top of its heap back after each request, and fault it in again for the next.
    ::mallopt(M_TRIM_THRESHOLD, kKeptFreeBytes);
    ::mallopt(M_TOP_PAD, kHeapStepBytes);
    // Turns off the fastbins, malloc's older lists of small free blocks: the cache of each thread keeps such blocks by
    // size already. Each request for a larger block would merge all blocks in the fastbins first. Every start of an
    // executable makes such a request, and after a flood of requests the fastbins would hold many blocks.
    ::mallopt(M_MXFAST, 0);
#endif
    return body();
}

// ---- signals ----

struct ServiceSignals::State : std::enable_shared_from_this<ServiceSignals::State> {
    State(asio::io_context& loop, std::function<void()> its_stop, std::function<void()> its_reload)
        : signals(loop), stop(std::move(its_stop)), reload(std::move(its_reload)) {
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals.add(signal);
    }

    void wait() {
        signals.async_wait([weak = weak_from_this()](const boost::system::error_code& error, int signal) {
            const auto self = weak.lock();
            if (!self || error) return;
            // First, because the handler may end this object.
            self->wait();
            const auto handler = signal == SIGHUP ? self->reload : self->stop;
            if (handler) handler();
        });
    }

    asio::signal_set signals;
    std::function<void()> stop;
    std::function<void()> reload;
};

ServiceSignals::ServiceSignals(asio::io_context& loop, std::function<void()> stop, std::function<void()> reload)
    : state_(std::make_shared<State>(loop, std::move(stop), std::move(reload))) {
    std::signal(SIGPIPE, SIG_IGN);
    // A parent may have left it ignored; then the kernel would reap our children before we can.
    std::signal(SIGCHLD, SIG_DFL);
    state_->wait();
}

ServiceSignals::~ServiceSignals() = default;

// ---- the service manager ----

void service_ready(const std::string& status) {
    notify("READY=1\n" + status_line(status));
}

void service_reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()) + "\n");
}

void service_stopping(const std::string& status) {
    notify("STOPPING=1\n" + status_line(status));
}

struct ServiceWatchdog::State : std::enable_shared_from_this<ServiceWatchdog::State> {
    State(asio::io_context& loop, std::chrono::microseconds its_interval) : timer(loop), interval(its_interval) {}

    void answer() {
        notify("WATCHDOG=1\n");
        timer.expires_after(interval);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->answer();
        });
    }

    asio::steady_timer timer;
    std::chrono::microseconds interval;
};

ServiceWatchdog::ServiceWatchdog(asio::io_context& loop) {
    const auto limit = number(environment("WATCHDOG_USEC"));
    if (!limit || *limit < 2 || (!environment("WATCHDOG_PID").empty() && !is_for_this_process("WATCHDOG_PID"))) return;
    state_ = std::make_shared<State>(loop, std::chrono::microseconds(*limit / 2));
    state_->answer();
}

ServiceWatchdog::~ServiceWatchdog() = default;

ActivatedSockets take_activated_sockets() {
    ActivatedSockets sockets;
    const auto count = is_for_this_process("LISTEN_PID") ? number(environment("LISTEN_FDS")) : std::nullopt;
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    const std::int64_t end = kFirstActivated + std::clamp<std::int64_t>(count.value_or(0), 0, kMostActivated);
    for (int descriptor = kFirstActivated; descriptor < end; ++descriptor) {
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        if (check_adopted(descriptor, SOCK_DGRAM)) sockets.execq.push_back(descriptor);
        if (check_adopted(descriptor, SOCK_STREAM) && is_listening(descriptor)) sockets.control.push_back(descriptor);
    }
    return sockets;
}

// ---- the terminal ----

Terminal standard_output_terminal() {
    Terminal terminal;
    terminal.is_terminal = ::isatty(STDOUT_FILENO) == 1;
    if (!terminal.is_terminal) return terminal;
    terminal.colours = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.columns = size.ws_col;
    return terminal;
}

}  // namespace riposte
