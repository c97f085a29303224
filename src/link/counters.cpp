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

CounterPair counters_from_time(std::int64_t unix_seconds) {
    return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(unix_seconds, 0, kMaxGlobal)), 0};
}

bool ReplayCheck::accept(CounterPair pair) {
    if (highest_ && pair <= *highest_) return false;
    highest_ = pair;
    return true;
}

}  // namespace riposte
