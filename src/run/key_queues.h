// SPDX-License-Identifier: Apache-2.0
// Turns at keys: an add and a delete of one key never overlap and never overtake each other.
#pragma once

#include "src/action/key.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <unordered_map>

namespace riposte {

class KeyQueues {
  public:
    using Turn = std::function<void()>;

    // Calls `turn` when it is the caller's turn at the key: inside this call if nobody has it, else inside the release()
    // that hands it over. Turns come in the order of asking. Every turn that is called must be ended by release().
    void take(const Key::Digest& key, Turn turn);
    void release(const Key::Digest& key);
    bool is_taken(const Key::Digest& key) const { return queues_.contains(key); }
    std::size_t size() const { return queues_.size(); }

  private:
    // An entry exists while somebody has the key's turn; the queue holds those who wait.
    std::unordered_map<Key::Digest, std::deque<Turn>, Key::DigestHash> queues_;
};

}  // namespace riposte
