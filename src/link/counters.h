// SPDX-License-Identifier: Apache-2.0
// The pair of numbers by which both sides tell a new message from a replayed one. Pure; when it is stored is the
// session's business (a sender stores before it sends). Source: wazuh v4.14.7 and ossec-hids
// src/os_crypto/shared/msgs.c (StoreSenderCounter, ReadSecMSG).
#pragma once

#include "platform/include/clock.h"

#include <bitset>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace riposte {

struct CounterPair {
    std::uint32_t global = 0;
    std::uint32_t local = 0;  // 0 to 9999
    bool operator==(const CounterPair&) const = default;
    auto operator<=>(const CounterPair& other) const {
        return std::tie(global, local) <=> std::tie(other.global, other.local);
    }
};

// The counters of the message that follows `last`. The local one goes up by one; from 9997 on it restarts at 1 and the
// global one goes up by one instead.
CounterPair next_counters(CounterPair last);

// The pair as it is kept in a file: "12:345:".
std::string counters_text(CounterPair pair);
// Nothing if the text is no such pair, or one that a manager cannot count on from (global 2^31 or more, local over
// 9999). White space behind it is allowed, and the last colon may be missing.
std::optional<CounterPair> parse_counters(std::string_view text);

// The last pair to assume when none is stored: the Unix time as global, so that a manager that has seen this agent
// before accepts the next one without anybody's help. Clamped to 0 to 2^31 - 1.
CounterPair counters_from_time(WallTime now);

// The receiving side: what came before is refused, and so is what is too old to tell. Datagrams may overtake each
// other, so an older pair is taken if it was not seen and is at most kWindow messages behind the newest.
class ReplayCheck {
  public:
    static constexpr std::size_t kWindow = 256;

    ReplayCheck() = default;
    // True, and remembered, for a pair that was not seen. False: a replay, or a manager that counts from the start
    // again.
    bool accept(CounterPair pair);
    // The highest one accepted. Nothing: none yet, whatever comes is accepted.
    const std::optional<CounterPair>& highest() const { return highest_; }

    // For the store: the pair and which of those before it were seen. Nothing for a text that save() did not make.
    std::string save() const;
    static std::optional<ReplayCheck> restore(std::string_view text);

  private:
    std::optional<CounterPair> highest_;
    std::bitset<kWindow> seen_;  // bit n: the message n before the highest
};

}  // namespace riposte
