// SPDX-License-Identifier: Apache-2.0
#include "src/run/key_queues.h"

#include <utility>

namespace riposte {

void KeyQueues::take(const Key::Digest& key, Turn turn) {
    const auto [queue, is_free] = queues_.try_emplace(key);
    if (is_free) return turn();
    queue->second.push_back(std::move(turn));
}

void KeyQueues::release(const Key::Digest& key) {
    const auto queue = queues_.find(key);
    if (queue == queues_.end()) return;
    if (queue->second.empty()) {
        queues_.erase(queue);
        return;
    }
    const Turn next = std::move(queue->second.front());
    queue->second.pop_front();
    next();
}

}  // namespace riposte
