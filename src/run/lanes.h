// SPDX-License-Identifier: Apache-2.0
// One at a time per key, in the order of asking: what an add and a delete of one key take turns in.
#pragma once

#include "src/action/key.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <unordered_map>

namespace riposte {

class Lanes {
  public:
    using Turn = std::function<void()>;

    // Calls `turn` when the caller has the lane: inside this call if it is free, else inside the release() that hands
    // it over. Whoever had a turn must release(), also if he no longer wants it.
    void take(const Key::Digest& key, Turn turn);
    void release(const Key::Digest& key);
    bool is_taken(const Key::Digest& key) const { return lanes_.contains(key); }
    std::size_t size() const { return lanes_.size(); }

  private:
    // A lane exists while somebody has it; the queue holds those who wait.
    std::unordered_map<Key::Digest, std::deque<Turn>, Key::DigestHash> lanes_;
};

}  // namespace riposte
