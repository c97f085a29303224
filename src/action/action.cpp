// SPDX-License-Identifier: Apache-2.0
#include "src/action/action.h"

namespace riposte {

namespace {

std::string duration_text(std::chrono::milliseconds duration) {
    if (duration < std::chrono::seconds(1)) return std::to_string(duration.count()) + " ms";
    std::string text = std::to_string(duration.count() / 1000);
    if (const auto tenths = duration.count() % 1000 / 100; tenths != 0) text += "." + std::to_string(tenths);
    return text + " s";
}

std::string how_it_ended(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::Success:
            return "success";
        case Outcome::Kind::Failed:
            return outcome.signal != 0 ? "signal " + std::to_string(outcome.signal)
                                       : "exit code " + std::to_string(outcome.exit_code);
        case Outcome::Kind::Deadline:
            return "deadline after " + duration_text(outcome.duration);
        case Outcome::Kind::NotStarted:
            return "not started";
        case Outcome::Kind::AlreadyInForce:
            return "already in force";
        case Outcome::Kind::Refused:
            return "refused, its target is protected";
        case Outcome::Kind::Stale:
            return "stale, not run";
        case Outcome::Kind::Lost:
            return "lost, Riposte ended before it did";
        case Outcome::Kind::DryRun:
            return "dry run, not run";
    }
    return "unknown";
}

}  // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::Admitted:
            return "admitted";
        case Phase::InForce:
            return "in_force";
        case Phase::Retrying:
            return "retrying";
        case Phase::Closed:
            return "closed";
        case Phase::Abandoned:
            return "abandoned";
    }
    return "unknown";
}

std::string_view to_string(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::Success:
            return "success";
        case Outcome::Kind::Failed:
            return "failed";
        case Outcome::Kind::Deadline:
            return "deadline";
        case Outcome::Kind::NotStarted:
            return "not_started";
        case Outcome::Kind::AlreadyInForce:
            return "already_in_force";
        case Outcome::Kind::Refused:
            return "refused";
        case Outcome::Kind::Stale:
            return "stale";
        case Outcome::Kind::Lost:
            return "lost";
        case Outcome::Kind::DryRun:
            return "dry_run";
    }
    return "unknown";
}

std::string describe(const Outcome& outcome) {
    std::string text = how_it_ended(outcome);
    if (!outcome.text.empty()) text += ": " + outcome.text;
    return text;
}

}  // namespace riposte
