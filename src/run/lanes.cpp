// SPDX-License-Identifier: Apache-2.0
#include "src/run/lanes.h"

#include <utility>

namespace riposte {

void Lanes::take(const Key::Digest& key, Turn turn) {
    const auto [lane, is_free] = lanes_.try_emplace(key);
    if (is_free) return turn();
    lane->second.push_back(std::move(turn));
}

void Lanes::release(const Key::Digest& key) {
    const auto lane = lanes_.find(key);
    if (lane == lanes_.end()) return;
    if (lane->second.empty()) {
        lanes_.erase(lane);
        return;
    }
    const Turn next = std::move(lane->second.front());
    lane->second.pop_front();
    next();
}

}  // namespace riposte
