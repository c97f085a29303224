// SPDX-License-Identifier: Apache-2.0
#include "src/channel/execq.h"

#include "src/log/log.h"

#include <boost/asio/post.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace riposte {
namespace {

// Handed over in one go, so that a flood does not keep the loop from its timers and children.
constexpr std::size_t kBatch = 64;

}  // namespace

struct ExecqChannel::HandOver : std::enable_shared_from_this<HandOver> {
    HandOver(boost::asio::io_context& io, Take taker) : loop(io), take(std::move(taker)) {}

    boost::asio::io_context& loop;
    const Take take;  // called on the loop only
    mutable std::mutex mutex;
    std::condition_variable room;
    std::deque<Incoming> messages;
    std::size_t bytes = 0;
    bool posted = false;
    bool stopping = false;
    bool closed = false;
    std::uint64_t received = 0, empty = 0;

    bool has_room(std::size_t size) const {
        return messages.empty() || (messages.size() < kMaxMessages && bytes + size <= kMaxBytes);
    }

    // Receiver's thread.
    void put(RequestSocket::Datagram datagram) {
        std::unique_lock lock(mutex);
        if (datagram.bytes.empty()) {
            ++empty;
            return;
        }
        const std::size_t size = datagram.bytes.size();
        // At a stop this message has left its sender already, so it is queued even if there is no room.
        room.wait(lock, [&] { return has_room(size) || stopping; });
        ++received;
        bytes += size;
        messages.push_back({std::move(datagram.bytes), datagram.sent_size, "execq"});
        if (!posted) post();
    }

    // With the lock held.
    void post() {
        posted = true;
        boost::asio::post(loop, [self = shared_from_this()] { self->hand_over(kBatch); });
    }

    // Loop.
    void hand_over(std::size_t limit) {
        for (std::size_t count = 0; count < limit; ++count) {
            std::unique_lock lock(mutex);
            if (closed || messages.empty()) {
                posted = false;
                return;
            }
            Incoming message = std::move(messages.front());
            messages.pop_front();
            bytes -= message.bytes.size();
            lock.unlock();
            room.notify_all();
            give(std::move(message));
        }
        const std::lock_guard lock(mutex);
        post();
    }

    void give(Incoming message) {
        try {
            take(std::move(message));
        } catch (const std::exception& error) {
            log().error(std::string("a request from execq could not be handled: ") + error.what());
        }
    }
};

struct ExecqChannel::Receiver {
    RequestSocket socket;
    std::thread thread;
};

ExecqChannel::ExecqChannel(boost::asio::io_context& loop, Take take)
    : hand_over_(std::make_shared<HandOver>(loop, std::move(take))) {}

ExecqChannel::~ExecqChannel() {
    stop();
}

void ExecqChannel::add(RequestSocket socket) {
    auto receiver = std::make_unique<Receiver>(Receiver{std::move(socket), {}});
    receiver->thread = std::thread([receiving = receiver.get(), hand_over = hand_over_] {
        try {
            while (auto datagram = receiving->socket.receive()) hand_over->put(std::move(*datagram));
        } catch (const std::exception& error) {
            log().error(std::string("receiving from execq ended: ") + error.what() + "; restart the service");
        }
    });
    receivers_.push_back(std::move(receiver));
}

void ExecqChannel::stop() {
    {
        const std::lock_guard lock(hand_over_->mutex);
        if (hand_over_->closed) return;
        hand_over_->stopping = true;
    }
    hand_over_->room.notify_all();
    for (const auto& receiver : receivers_) receiver->socket.stop();
    for (const auto& receiver : receivers_) receiver->thread.join();
    hand_over_->hand_over(SIZE_MAX);
    {
        const std::lock_guard lock(hand_over_->mutex);
        hand_over_->closed = true;
    }
    receivers_.clear();
}

ExecqChannel::Counts ExecqChannel::counts() const {
    const std::lock_guard lock(hand_over_->mutex);
    return {hand_over_->received, hand_over_->empty, hand_over_->messages.size()};
}

}  // namespace riposte
