// SPDX-License-Identifier: Apache-2.0
#include "src/run/spawner.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace riposte {

Spawner::Spawner(boost::asio::io_context& loop) : loop_(loop) {
    for (std::thread& thread : threads_) thread = std::thread([this] { run(); });
}

Spawner::~Spawner() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Spawner::start(TrustedExecutable executable, SpawnRequest request, bool at_once, Started started) {
    Task task{boost::asio::make_work_guard(loop_), std::move(executable), std::move(request), std::move(started)};
    if (at_once) {
        // The child begins on this thread's processor: it goes before what this thread does next, which is to wait for
        // it. Posted, so that what this turn has for other threads is theirs by then.
        boost::asio::post(loop_, [] { std::this_thread::yield(); });
        return carry_out(std::move(task));
    }
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void Spawner::run() {
    for (;;) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (stopping_) return;
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        carry_out(std::move(task));
    }
}

void Spawner::carry_out(Task task) {
    task.request.executable = &task.executable;
    Result<Child> child = Child::spawn(loop_, task.request);
    boost::asio::post(
        loop_, [started = std::move(task.started), child = std::move(child)]() mutable { started(std::move(child)); });
}

}  // namespace riposte
