// SPDX-License-Identifier: Apache-2.0
// Children: started without a shell, with three pipes and nothing else inherited, in a tree that can be ended whole.
#pragma once

#include "platform/include/file_security.h"
#include "platform/include/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

struct SpawnRequest {
    // Borrowed for the call.
    const TrustedExecutable* executable = nullptr;
    // argv, argv[0] included. UTF-8, no NUL bytes.
    std::vector<std::string> arguments;
    // The child's whole environment, each "NAME=value".
    std::vector<std::string> environment;
    std::string working_directory;
};

struct ExitStatus {
    int code = 0;    // the exit code, if `signal` is 0
    int signal = 0;  // Linux: the signal that ended it. Windows: always 0.
    bool success() const { return code == 0 && signal == 0; }
};

// Names a process beyond the life of this one, so that a later start of Riposte can find it again.
struct ProcessIdentity {
    std::int64_t pid = 0;
    // Linux: start time in clock ticks since boot (proc(5)). Windows: creation time in 100 ns.
    std::uint64_t started = 0;
};

// A running child. All calls on the loop's thread. Move-only.
class Child {
  public:
    // Errors: whatever the operating system said of pipes, process creation or exec (a script without a "#!" line is
    // executable_format_error). Blocks its thread until the child has begun to run its file (0.2 to 2 ms).
    //
    // Linux: own session and process group; default signal dispositions; descriptors above 2 closed; a program runs
    // from the checked descriptor, a script by its path. Windows: see platform/windows.
    static Result<Child> spawn(boost::asio::io_context& loop, const SpawnRequest& request);

    Child(Child&&) noexcept;
    Child& operator=(Child&&) noexcept;
    // Ends the whole tree if it is still running, and reaps it.
    ~Child();

    boost::asio::writable_pipe& input();
    boost::asio::readable_pipe& output();
    boost::asio::readable_pipe& errors();
    std::int64_t process_id() const;
    // Costs a look at the process, the first time; complete as long as async_wait's handler has not been called.
    ProcessIdentity identity() const;
    // Bytes written to the child's stdin that it has not read yet; nothing where the system cannot tell, or after
    // input() is closed.
    std::optional<std::size_t> unread_input() const;

    // Calls `done` once, on the loop, when the child itself (not its descendants) has ended. Never calls it after the
    // Child is destroyed.
    void async_wait(std::function<void(Result<ExitStatus>)> done);
    // Asks the tree to end. Linux: SIGTERM to the group. Windows: Ctrl-Break. When the child itself has ended after
    // that, what is left of its tree is ended as by end_tree().
    void ask_to_end();
    // Ends the tree. After this, descendants that stayed in the group (job) are gone when async_wait's handler is
    // called.
    void end_tree();

  private:
    struct State;
    explicit Child(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

// A process that an earlier run of Riposte started. `done` is called once, on the loop, when it has ended, at once if
// it has already; it is told whether the process was still there at first. `end_after_ms` from now its tree is ended.
// Keep the returned object alive; destroying it gives up the wait.
class Orphan {
  public:
    Orphan(boost::asio::io_context& loop, ProcessIdentity identity, std::int64_t end_after_ms,
           std::function<void(bool was_running)> done);
    ~Orphan();
    Orphan(const Orphan&) = delete;
    Orphan& operator=(const Orphan&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace riposte
