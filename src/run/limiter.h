// SPDX-License-Identifier: Apache-2.0
// Keeps a flood of requests from becoming a flood of actions. Reversals never pass through it.
#pragma once

#include "src/action/refusal.h"
#include "src/config/config.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace riposte {

// The rule for requests per minute: of any 60 s, no more than the limit are admitted. A burst of the whole limit at
// once is allowed and then uses the minute up. Time is counted in whole seconds, so that a request counts for 60 to 61
// s. Requests that were refused do not count. A limit of 0 is none.
class Limiter {
  public:
    struct Excess {
        Refusal refusal;  // RefusalReason::Rate or InForce
        // Whether to emit an event: true for the first refusal, then once a minute for as long as it goes on. Counted
        // for each command's own limits apart, and for the overall ones together.
        bool report = false;
        // Refusals by this limit since the last one with `report`, this one not included.
        std::uint64_t unreported = 0;
    };

    // Counts the request if it is admitted. `own` are the command's limits, `all` those of all commands together.
    // `in_force_*` is what is in force now; pass 0 for a request that will not be in force (stateless).
    std::optional<Excess> admit(const std::string& command, const Limits& own, const Limits& all, BootTime now,
                                std::uint64_t in_force_of_command, std::uint64_t in_force_total);

    // Commands remembered: those with limits of their own that were asked for in the last minutes (at most 1,024).
    std::size_t remembered() const { return commands_.size(); }

  private:
    // Admitted requests of the last minute, one count for each second.
    class Window {
      public:
        std::uint64_t count(BootTime now);
        void add(BootTime now);

      private:
        void advance(BootTime now);
        std::array<std::uint32_t, 61> counts_{};
        std::int64_t newest_ = 0;  // second of the boot
        std::uint64_t total_ = 0;
    };
    // When a limit's refusals were last reported.
    struct Reports {
        std::optional<BootTime> last;
        std::uint64_t since = 0;
    };
    struct Tally {
        Window admitted;
        Reports rate, in_force;
        BootTime last_used;
    };

    static Excess refuse(Reports& reports, BootTime now, Refusal refusal);
    static std::optional<Excess> over_limit(Tally& tally, const Limits& limits, BootTime now, std::uint64_t in_force,
                                            std::string_view command);
    Tally& tally_of(const std::string& command, BootTime now);
    void forget_idle(BootTime now);

    Tally all_;
    std::unordered_map<std::string, Tally> commands_;
    BootTime last_sweep_;
};

}  // namespace riposte
