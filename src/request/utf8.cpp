// SPDX-License-Identifier: Apache-2.0
#include "src/request/utf8.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace riposte {
namespace {

constexpr std::size_t kQuotedBytes = 60;

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// Line separators and marks that change how a log line reads without showing.
bool is_deceptive(char32_t c) {
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::string escaped(const char* format, unsigned value) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value);
    return buffer.data();
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
    char32_t value = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3F);
    }
    constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, length};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        if (point.bytes == 0) return false;
        text.remove_prefix(point.bytes);
    }
    return true;
}

bool has_control_characters(std::string_view text) {
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        if (point.bytes == 0 || is_control(point.value)) return true;
        text.remove_prefix(point.bytes);
    }
    return false;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string result;
    std::size_t taken = 0;
    while (taken < text.size()) {
        const CodePoint point = first_code_point(text.substr(taken));
        const std::size_t bytes = point.bytes == 0 ? 1 : point.bytes;
        if (taken + bytes > limit) break;
        if (point.bytes == 0 || point.value < 0x80) {
            const auto byte = static_cast<std::uint8_t>(text[taken]);
            result += byte >= 0x20 && byte < 0x7F ? std::string(1, text[taken]) : escaped("\\x%02x", byte);
        } else if (is_control(point.value) || is_deceptive(point.value)) {
            result += escaped("\\u{%x}", static_cast<unsigned>(point.value));
        } else {
            result += text.substr(taken, bytes);
        }
        taken += bytes;
    }
    return result;
}

std::string quoted(std::string_view text) {
    return '"' + printable(text, kQuotedBytes) + (text.size() > kQuotedBytes ? "...\"" : "\"");
}

}  // namespace riposte
