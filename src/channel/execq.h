// SPDX-License-Identifier: Apache-2.0
// The agent's request sockets, drained at once into a bounded hand-over: their own queue is short, and a sender blocks
// or gives up when it is full.
#pragma once

#include "platform/include/endpoint.h"
#include "platform/include/event_loop.h"
#include "src/run/engine.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace riposte {

class ExecqChannel {
  public:
    // In all sockets together. A message more waits in its socket, and with it whoever sends.
    static constexpr std::size_t kMaxMessages = 65'536;
    static constexpr std::size_t kMaxBytes = std::size_t{128} * 1024 * 1024;

    // Called for each message, on the loop.
    using Take = std::function<void(Incoming)>;
    ExecqChannel(boost::asio::io_context& loop, Take take);
    ~ExecqChannel();
    ExecqChannel(const ExecqChannel&) = delete;
    ExecqChannel& operator=(const ExecqChannel&) = delete;

    // Starts receiving from one more socket, on a thread of its own.
    void add(RequestSocket socket);
    // Stops receiving and hands over what was received; nothing is handed over from then on. Loop thread.
    void stop();

    struct Counts {
        std::uint64_t received = 0;
        std::uint64_t empty = 0;    // datagrams without a byte, which are ignored
        std::uint64_t waiting = 0;  // received, not handed over yet
    };
    Counts counts() const;

  private:
    struct HandOver;
    struct Receiver;
    std::shared_ptr<HandOver> hand_over_;
    std::vector<std::unique_ptr<Receiver>> receivers_;
};

}  // namespace riposte
