// SPDX-License-Identifier: Apache-2.0
#include "src/run/limiter.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

constexpr std::chrono::minutes kReportsApart{1};
// Longer than the 61 s for which a request counts.
constexpr std::chrono::minutes kIdle{2};
constexpr std::size_t kMaxCommands = 1024;

std::string of_whom(std::string_view command) {
    return command.empty() ? "of all commands together" : "of " + std::string(command);
}

}  // namespace

void Limiter::Window::advance(BootTime now) {
    const std::int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (second <= newest_) return;
    const auto size = static_cast<std::int64_t>(counts_.size());
    const std::int64_t steps = std::min(second - newest_, size);
    for (std::int64_t i = 1; i <= steps; ++i) {
        std::uint32_t& oldest = counts_[static_cast<std::size_t>((newest_ + i) % size)];
        total_ -= oldest;
        oldest = 0;
    }
    newest_ = second;
}

std::uint64_t Limiter::Window::count(BootTime now) {
    advance(now);
    return total_;
}

void Limiter::Window::add(BootTime now) {
    advance(now);
    ++counts_[static_cast<std::size_t>(newest_) % counts_.size()];
    ++total_;
}

Limiter::Excess Limiter::refuse(Reports& reports, BootTime now, Refusal refusal) {
    if (reports.last && now - *reports.last < kReportsApart) return {std::move(refusal), false, reports.since++};
    reports.last = now;
    return {std::move(refusal), true, std::exchange(reports.since, 0)};
}

std::optional<Limiter::Excess> Limiter::over_limit(Tally& tally, const Limits& limits, BootTime now,
                                                   std::uint64_t in_force, std::string_view command) {
    if (limits.requests_per_minute > 0 && tally.admitted.count(now) >= limits.requests_per_minute) {
        return refuse(tally.rate, now,
                      {RefusalReason::Rate, "the limit of " + std::to_string(limits.requests_per_minute) +
                                                " requests per minute " + of_whom(command) + " is reached"});
    }
    if (limits.in_force > 0 && in_force >= limits.in_force) {
        return refuse(tally.in_force, now,
                      {RefusalReason::InForce, "the limit of " + std::to_string(limits.in_force) + " in force " +
                                                   of_whom(command) + " is reached"});
    }
    return std::nullopt;
}

std::optional<Limiter::Excess> Limiter::admit(const std::string& command, const Limits& own, const Limits& all,
                                              BootTime now, std::uint64_t in_force_of_command,
                                              std::uint64_t in_force_total) {
    if (now - last_sweep_ >= kReportsApart) forget_idle(now);
    const bool has_own = own.requests_per_minute > 0 || own.in_force > 0;
    Tally* tally = has_own ? &tally_of(command, now) : nullptr;
    if (tally != nullptr) {
        if (auto excess = over_limit(*tally, own, now, in_force_of_command, command)) return excess;
    }
    if (auto excess = over_limit(all_, all, now, in_force_total, {})) return excess;
    if (tally != nullptr) tally->admitted.add(now);
    all_.admitted.add(now);
    return std::nullopt;
}

Limiter::Tally& Limiter::tally_of(const std::string& command, BootTime now) {
    auto found = commands_.find(command);
    if (found == commands_.end()) {
        if (commands_.size() >= kMaxCommands) {
            commands_.erase(std::min_element(
                commands_.begin(), commands_.end(),
                [](const auto& left, const auto& right) { return left.second.last_used < right.second.last_used; }));
        }
        found = commands_.emplace(command, Tally{}).first;
    }
    found->second.last_used = now;
    return found->second;
}

void Limiter::forget_idle(BootTime now) {
    last_sweep_ = now;
    std::erase_if(commands_, [&](const auto& entry) { return now - entry.second.last_used >= kIdle; });
}

}  // namespace riposte
