// SPDX-License-Identifier: Apache-2.0
// Starts children on threads of its own: a start stops its thread for 0.2 to 2 ms, in which the loop has better to do.
// Two of them, so that one makes ready while the other waits for its child to begin.
#pragma once

#include "platform/include/spawn.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace riposte {

class Spawner {
  public:
    explicit Spawner(boost::asio::io_context& loop);
    // Requests that have not been taken up by then are dropped.
    ~Spawner();
    Spawner(const Spawner&) = delete;
    Spawner& operator=(const Spawner&) = delete;

    boost::asio::io_context& loop() const { return loop_; }
    using Started = std::function<void(Result<Child>)>;
    // `request.executable` is set here. Taken up in the order of asking. `started` is called on the loop, never inside
    // this call. With `at_once` the calling thread starts it itself: sooner, for a loop that has nothing else to do.
    void start(TrustedExecutable executable, SpawnRequest request, bool at_once, Started started);

  private:
    struct Task {
        // The loop has work as long as it has to be told.
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
        TrustedExecutable executable;
        SpawnRequest request;
        Started started;
    };
    void run();
    void carry_out(Task task);

    boost::asio::io_context& loop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> tasks_;
    bool stopping_ = false;
    std::array<std::thread, 2> threads_;  // last: they use the others
};

}  // namespace riposte
