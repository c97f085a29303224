// SPDX-License-Identifier: Apache-2.0
// Numbers and durations as configuration files write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// Digits only: no sign, no white space, nothing behind them. Nothing if it is no such number or larger than `max`.
std::optional<std::int64_t> parse_whole_number(std::string_view text, std::int64_t max);

// "90s", "5m", "2h", "30d"; a bare number is seconds. Nothing if it is none of these or longer than 100 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// In the largest unit that leaves a whole number: "90s", "10m", "30d".
std::string format_duration(std::chrono::seconds duration);

}  // namespace riposte
