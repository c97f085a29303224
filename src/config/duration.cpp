// SPDX-License-Identifier: Apache-2.0
#include "src/config/duration.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace riposte {
namespace {

struct Unit {
    char letter;
    std::int64_t seconds;
};
constexpr std::array kUnits{Unit{'d', 86'400}, Unit{'h', 3'600}, Unit{'m', 60}, Unit{'s', 1}};
constexpr std::int64_t kLongest = 100LL * 365 * 86'400;

}  // namespace

std::optional<std::int64_t> parse_whole_number(std::string_view text, std::int64_t max) {
    const bool digits_only = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (text.empty() || !digits_only) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    std::int64_t factor = 1;
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& each) { return !text.empty() && text.back() == each.letter; });
    if (unit != kUnits.end()) {
        factor = unit->seconds;
        text.remove_suffix(1);
    }
    const auto count = parse_whole_number(text, kLongest / factor);
    if (!count) return std::nullopt;
    return std::chrono::seconds(*count * factor);
}

std::string format_duration(std::chrono::seconds duration) {
    for (const Unit& unit : kUnits) {
        if (duration.count() != 0 && duration.count() % unit.seconds == 0) {
            return std::to_string(duration.count() / unit.seconds) + unit.letter;
        }
    }
    return "0s";
}

}  // namespace riposte
