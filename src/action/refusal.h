// SPDX-License-Identifier: Apache-2.0
// Why a request is not run.
#pragma once

#include <string>
#include <string_view>

namespace riposte {

enum class RefusalReason {
    Malformed,
    Unknown,
    Disabled,
    AdHocOff,
    Missing,
    Unsafe,
    ExpectedField,
    ExtraArgs,
    Protected,
    Rate,
    InForce,
    QueueFull,
    Stopping,
    Ledger,
    Stale,
};
// The word for programs, in events, answers and counters: "malformed", "ad_hoc_off", ...
std::string_view to_string(RefusalReason reason);

struct Refusal {
    RefusalReason reason = RefusalReason::Malformed;
    std::string text;  // one sentence, for people
};

}  // namespace riposte
