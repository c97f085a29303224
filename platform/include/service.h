// SPDX-License-Identifier: Apache-2.0
// Riposte as the system's service: told to stop or reload, telling when it is ready, given sockets.
#pragma once

#include "platform/include/result.h"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Requests to this process from the service manager or a terminal. Linux: SIGTERM and SIGINT stop, SIGHUP reloads;
// SIGPIPE is ignored from construction on. Windows: service controls, Ctrl-C, Ctrl-Break. Handlers run on the loop.
class ServiceSignals {
  public:
    ServiceSignals(boost::asio::io_context& loop, std::function<void()> stop, std::function<void()> reload);
    ~ServiceSignals();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Tells the service manager, if there is one (Linux: sd_notify(3) over NOTIFY_SOCKET). `status` is one line for people.
void service_ready(const std::string& status);
void service_reloading();
void service_stopping(const std::string& status);
// Starts answering the service manager's watchdog from the loop, if it asks for that (Linux: WATCHDOG_USEC); else
// nothing.
class ServiceWatchdog {
  public:
    explicit ServiceWatchdog(boost::asio::io_context& loop);
    ~ServiceWatchdog();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Sockets handed in at start (Linux: sd_listen_fds(3), LISTEN_FDS; datagram sockets are execq, a stream socket is
// control). Made close-on-exec; the environment variables are removed, so the second call returns none.
struct ActivatedSockets {
    std::vector<int> execq;
    std::vector<int> control;
};
ActivatedSockets take_activated_sockets();

// True if standard error goes to the system's log (Linux: JOURNAL_STREAM), where lines start with "<N>" for their
// priority.
bool logs_to_journal();

// Held while a process serves a state directory; a second one gets an Error that names the first one's process id.
class InstanceLock {
  public:
    static Result<InstanceLock> acquire(const std::filesystem::path& file);
    InstanceLock(InstanceLock&&) noexcept;
    InstanceLock& operator=(InstanceLock&&) noexcept;
    ~InstanceLock();

  private:
    explicit InstanceLock(std::intptr_t handle) : handle_(handle) {}
    std::intptr_t handle_ = -1;
};

// What a terminal can show. Linux: isatty and TIOCGWINSZ on standard output; NO_COLOR is honoured.
struct Terminal {
    bool is_terminal = false;
    bool colours = false;
    int columns = 80;
};
Terminal standard_output_terminal();

}  // namespace riposte
