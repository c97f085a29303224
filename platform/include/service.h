// SPDX-License-Identifier: Apache-2.0
// Riposte as the system's service: told to stop or reload, telling when it is ready, given sockets.
#pragma once

#include "platform/include/event_loop.h"
#include "platform/include/result.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Runs what is to be a service and returns its exit code, whether the service manager started this process or a person
// did. Call it once, early, in main()'s thread. Linux: calls `body`. Windows: tells the service manager that this is
// its service, and calls `body` in the thread that it gets for that (the service is over when it returns; a code other
// than 0 counts as a failure, after which the service manager restarts it); in a console, calls `body`.
int run_service(std::function<int()> body);

// Requests to this process from the service manager or a terminal. Linux: SIGTERM and SIGINT stop, SIGHUP reloads;
// SIGPIPE is ignored from construction on. Windows: the service controls stop, shutdown and preshutdown stop,
// paramchange reloads; in a console Ctrl-C, Ctrl-Break, its closing, logoff and shutdown stop. Handlers run on the
// loop. One object at a time.
class ServiceSignals {
  public:
    ServiceSignals(boost::asio::io_context& loop, std::function<void()> stop, std::function<void()> reload);
    ~ServiceSignals();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Tells the service manager, if there is one. `status` is one line for people. Linux: sd_notify(3) over NOTIFY_SOCKET.
// Windows: the service's state is "start pending" until it is ready, and "stop pending" with signs of life from the
// loop until run_service()'s body returns; it has no place for the text, and no state for a reload.
void service_ready(const std::string& status);
void service_reloading();
void service_stopping(const std::string& status);
// Starts answering the service manager's watchdog from the loop, if it asks for that (Linux: WATCHDOG_USEC); else
// nothing. Windows has none.
class ServiceWatchdog {
  public:
    explicit ServiceWatchdog(boost::asio::io_context& loop);
    ~ServiceWatchdog();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Sockets handed in at start (Linux: sd_listen_fds(3), LISTEN_FDS; datagram sockets are execq, a stream socket is
// control). Made close-on-exec; the environment variables are removed, so the second call returns none. Windows: none.
struct ActivatedSockets {
    std::vector<int> execq;
    std::vector<int> control;
};
ActivatedSockets take_activated_sockets();

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

// The terminal at standard output: whether there is one, whether to use colours, and its width. NO_COLOR turns colours
// off. Linux: isatty and TIOCGWINSZ; TERM=dumb turns colours off, too. Windows: the console, which is told to
// understand UTF-8 and, without NO_COLOR, colours from then on.
struct Terminal {
    bool is_terminal = false;
    bool colours = false;
    int columns = 80;
};
Terminal standard_output_terminal();

}  // namespace riposte
