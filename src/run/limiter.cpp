// SPDX-License-Identifier: Apache-2.0
#include "src/run/limiter.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
// Longer than the 61 s for which a request counts.
constexpr std::int64_t kIdleMs = 2 * kMinuteMs;
constexpr std::size_t kMaxCommands = 1024;

std::string of_whom(std::string_view command) {
    return command.empty() ? "of all commands together" : "of " + std::string(command);
}

}  // namespace

void Limiter::Window::advance(std::int64_t now_s) {
    if (now_s <= newest_s_) return;
    const auto size = static_cast<std::int64_t>(counts_.size());
    const std::int64_t steps = std::min(now_s - newest_s_, size);
    for (std::int64_t i = 1; i <= steps; ++i) {
        std::uint32_t& oldest = counts_[static_cast<std::size_t>((newest_s_ + i) % size)];
        total_ -= oldest;
        oldest = 0;
    }
    newest_s_ = now_s;
}

std::uint64_t Limiter::Window::count(std::int64_t now_s) {
    advance(now_s);
    return total_;
}

void Limiter::Window::add(std::int64_t now_s) {
    advance(now_s);
    ++counts_[static_cast<std::size_t>(newest_s_) % counts_.size()];
    ++total_;
}

Limiter::Excess Limiter::refuse(Reports& reports, std::int64_t now_ms, Refusal refusal) {
    if (reports.last_ms && now_ms - *reports.last_ms < kMinuteMs) return {std::move(refusal), false, reports.since++};
    reports.last_ms = now_ms;
    return {std::move(refusal), true, std::exchange(reports.since, 0)};
}

std::optional<Limiter::Excess> Limiter::over_limit(Tally& tally, const Limits& limits, std::int64_t now_ms,
                                                   std::uint64_t in_force, std::string_view command) {
    if (limits.requests_per_minute > 0 && tally.admitted.count(now_ms / 1000) >= limits.requests_per_minute) {
        return refuse(tally.rate, now_ms,
                      {RefusalReason::Rate, "the limit of " + std::to_string(limits.requests_per_minute) +
                                                " requests per minute " + of_whom(command) + " is reached"});
    }
    if (limits.in_force > 0 && in_force >= limits.in_force) {
        return refuse(tally.in_force, now_ms,
                      {RefusalReason::InForce, "the limit of " + std::to_string(limits.in_force) + " in force " +
                                                   of_whom(command) + " is reached"});
    }
    return std::nullopt;
}

std::optional<Limiter::Excess> Limiter::admit(const std::string& command, const Limits& own, const Limits& all,
                                              std::int64_t now_boot_ms, std::uint64_t in_force_of_command,
                                              std::uint64_t in_force_total) {
    if (now_boot_ms - last_sweep_ms_ >= kMinuteMs) forget_idle(now_boot_ms);
    const bool has_own = own.requests_per_minute > 0 || own.in_force > 0;
    Tally* tally = has_own ? &tally_of(command, now_boot_ms) : nullptr;
    if (tally != nullptr) {
        if (auto excess = over_limit(*tally, own, now_boot_ms, in_force_of_command, command)) return excess;
    }
    if (auto excess = over_limit(all_, all, now_boot_ms, in_force_total, {})) return excess;
    if (tally != nullptr) tally->admitted.add(now_boot_ms / 1000);
    all_.admitted.add(now_boot_ms / 1000);
    return std::nullopt;
}

Limiter::Tally& Limiter::tally_of(const std::string& command, std::int64_t now_ms) {
    auto found = commands_.find(command);
    if (found == commands_.end()) {
        if (commands_.size() >= kMaxCommands) {
            commands_.erase(
                std::min_element(commands_.begin(), commands_.end(), [](const auto& left, const auto& right) {
                    return left.second.last_used_ms < right.second.last_used_ms;
                }));
        }
        found = commands_.emplace(command, Tally{}).first;
    }
    found->second.last_used_ms = now_ms;
    return found->second;
}

void Limiter::forget_idle(std::int64_t now_ms) {
    last_sweep_ms_ = now_ms;
    std::erase_if(commands_, [&](const auto& entry) { return now_ms - entry.second.last_used_ms >= kIdleMs; });
}

}  // namespace riposte
