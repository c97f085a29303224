// SPDX-License-Identifier: Apache-2.0
#include "src/action/refusal.h"

namespace riposte {

std::string_view to_string(RefusalReason reason) {
    switch (reason) {
        case RefusalReason::Malformed:
            return "malformed";
        case RefusalReason::Unknown:
            return "unknown";
        case RefusalReason::Disabled:
            return "disabled";
        case RefusalReason::AdHocOff:
            return "ad_hoc_off";
        case RefusalReason::Missing:
            return "missing";
        case RefusalReason::Unsafe:
            return "unsafe";
        case RefusalReason::ExpectedField:
            return "expected_field";
        case RefusalReason::ExtraArgs:
            return "extra_args";
        case RefusalReason::Protected:
            return "protected";
        case RefusalReason::Rate:
            return "rate";
        case RefusalReason::InForce:
            return "in_force";
        case RefusalReason::QueueFull:
            return "queue_full";
        case RefusalReason::Stopping:
            return "stopping";
        case RefusalReason::Ledger:
            return "ledger";
        case RefusalReason::Stale:
            return "stale";
    }
    return "unknown";
}

}  // namespace riposte
