// SPDX-License-Identifier: Apache-2.0
// Children: started without a shell, with three pipes and nothing else inherited, in a tree that can be ended whole.
#pragma once

#include "platform/include/file_security.h"
#include "platform/include/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>

#include <chrono>
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
    // argv, argv[0] included. UTF-8, no NUL bytes. Windows: a script gets those behind argv[0], and some cannot be
    // passed to one (command_line.h); its own path is its name.
    std::vector<std::string> arguments;
    // The child's whole environment, each "NAME=value".
    std::vector<std::string> environment;
    std::string working_directory;
};

struct ExitStatus {
    int code = 0;    // the exit code, if `signal` is 0
    int signal = 0;  // Linux: the signal that ended it. Windows: always 0; 137 is the code of what end_tree() ended.
    bool success() const { return code == 0 && signal == 0; }
};

// Names a process beyond the life of this one, so that a later start of Riposte can find it again.
struct ProcessIdentity {
    std::int64_t pid = 0;
    // Linux: start time in clock ticks since boot (proc(5)). Windows: creation time in 100 ns.
    std::uint64_t started = 0;
};

// A running child. Started from any thread; all other calls on the loop's. Move-only.
class Child {
  public:
    // Errors: whatever the operating system said of pipes, process creation or exec (a script without a "#!" line, or
    // on Windows a file of a kind that cannot be run, is executable_format_error; an argument that cannot be passed
    // unchanged is invalid_argument). Blocks its thread until the child has begun to run its file (0.2 to 2 ms).
    //
    // Linux: own session and process group; default signal dispositions; descriptors above 2 closed; a program runs
    // from the checked descriptor, a script by its path.
    //
    // Windows: suspended until it is in a job of its own, which ends with this process, however that ends; own process
    // group; no handle but the three pipes; no shell but cmd.exe for a batch file. The console it gets is Riposte's:
    // Ctrl-Break reaches only processes on the sender's console, and a service has none, so the first spawn gives such
    // a process one, with its window hidden. A script's file stays held until its child is destroyed.
    static Result<Child> spawn(boost::asio::io_context& loop, const SpawnRequest& request);

    Child(Child&&) noexcept;
    Child& operator=(Child&&) noexcept;
    // Ends the whole tree if the child has not ended, and reaps it. A child whose end has not reached async_wait() yet
    // counts as running. Descendants that a child left behind when it ended by itself live on.
    ~Child();

    boost::asio::writable_pipe& input();
    boost::asio::readable_pipe& output();
    boost::asio::readable_pipe& errors();
    std::int64_t process_id() const;
    // Costs a look at the process, the first time; complete as long as async_wait's handler has not been called.
    ProcessIdentity identity() const;
    // Bytes written to the child's stdin that it has not read yet; nothing where the system cannot tell (Wine), or
    // after input() is closed. Windows: a read that the child waits in may be counted too, so only 0 is certain.
    std::optional<std::size_t> unread_input() const;

    // Calls `done` once, on the loop, when the child itself (not its descendants) has ended. Never calls it after the
    // Child is destroyed.
    void async_wait(std::function<void(Result<ExitStatus>)> done);
    // Asks the tree to end. Linux: SIGTERM to the group. Windows: Ctrl-Break to the group; a child that cannot get one
    // (it has left the console, or never had one) is ended at once. When the child itself has ended after that, what is
    // left of its tree is ended as by end_tree().
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
// it has already; it is told whether the process was still there at first. `end_after` from now its tree is ended.
// Keep the returned object alive; destroying it gives up the wait. Windows: a tree ends with the process that started
// it, so there is hardly ever an orphan; of one, only the process itself is ended.
class Orphan {
  public:
    Orphan(boost::asio::io_context& loop, ProcessIdentity identity, std::chrono::milliseconds end_after,
           std::function<void(bool was_running)> done);
    ~Orphan();
    Orphan(const Orphan&) = delete;
    Orphan& operator=(const Orphan&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace riposte
