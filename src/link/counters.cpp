// SPDX-License-Identifier: Apache-2.0
#include "src/link/counters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace riposte {
namespace {

constexpr std::uint32_t kLastLocal = 9'997;
constexpr std::uint32_t kMaxLocal = 9'999;
constexpr std::uint32_t kMaxGlobal = std::numeric_limits<std::int32_t>::max();
constexpr std::string_view kBlank = " \t\r\n";

// Takes a number of digits only.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t most) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number > most) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take_colon(std::string_view& text) {
    if (!text.starts_with(':')) return false;
    text.remove_prefix(1);
    return true;
}

// On one line of numbers, in which the next message's is one more, or a few at a new global counter.
std::uint64_t place_of(CounterPair pair) {
    return std::uint64_t{pair.global} * (kMaxLocal + 1) + pair.local;
}

}  // namespace

CounterPair next_counters(CounterPair last) {
    if (last.local >= kLastLocal) return {last.global + 1, 1};
    return {last.global, last.local + 1};
}

std::string counters_text(CounterPair pair) {
    return std::to_string(pair.global) + ":" + std::to_string(pair.local) + ":";
}

std::optional<CounterPair> parse_counters(std::string_view text) {
    const auto global = take_number(text, kMaxGlobal);
    if (!global || !take_colon(text)) return {};
    const auto local = take_number(text, kMaxLocal);
    if (!local) return {};
    take_colon(text);
    if (text.find_first_not_of(kBlank) != std::string_view::npos) return {};
    return CounterPair{*global, *local};
}

CounterPair counters_from_time(WallTime now) {
    return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(to_ms(now) / 1000, 0, kMaxGlobal)), 0};
}

bool ReplayCheck::accept(CounterPair pair) {
    if (!highest_ || pair > *highest_) {
        const std::uint64_t ahead = highest_ ? place_of(pair) - place_of(*highest_) : kWindow;
        seen_ = ahead < kWindow ? seen_ << ahead : std::bitset<kWindow>();
        seen_.set(0);
        highest_ = pair;
        return true;
    }
    const std::uint64_t behind = place_of(*highest_) - place_of(pair);
    if (behind >= kWindow || seen_.test(behind)) return false;
    seen_.set(behind);
    return true;
}

std::string ReplayCheck::save() const {
    return highest_ ? counters_text(*highest_) + seen_.to_string() : std::string();
}

std::optional<ReplayCheck> ReplayCheck::restore(std::string_view text) {
    if (text.size() <= kWindow) return {};
    const std::string_view bits = text.substr(text.size() - kWindow);
    const auto pair = parse_counters(text.substr(0, text.size() - kWindow));
    if (!pair || bits.find_first_not_of("01") != std::string_view::npos) return {};
    ReplayCheck check;
    check.highest_ = pair;
    check.seen_ = std::bitset<kWindow>(std::string(bits));
    return check;
}

}  // namespace riposte
