// SPDX-License-Identifier: Apache-2.0
#include "src/responses/record_text.h"

#include "src/request/utf8.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace riposte {
namespace {

// `lowest`: ' ' lets spaces stand, '!' does not.
std::string escaped(std::string_view bytes, char lowest) {
    std::string text;
    for (const char byte : bytes) {
        if (byte >= lowest && byte < 0x7F && byte != '%') {
            text += byte;
            continue;
        }
        std::array<char, 4> code{};
        std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        text += code.data();
    }
    return text;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        std::size_t length = 1;
        unsigned byte = static_cast<unsigned char>(text.front());
        if (byte == '%') {
            if (text.size() < 3) return std::nullopt;
            const auto [end, code] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
            if (code != std::errc() || end != text.data() + 3) return std::nullopt;
            length = 3;
        }
        bytes += static_cast<char>(byte);
        text.remove_prefix(length);
    }
    return bytes;
}

std::optional<std::pair<std::string, std::string>> split(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    auto name = unescaped(text.substr(0, space));
    auto value = unescaped(text.substr(space + 1));
    if (!name || !value) return std::nullopt;
    return std::pair(std::move(*name), std::move(*value));
}

}  // namespace

std::string serialize_values(std::string_view title, const RecordValues& values) {
    std::string text = std::string(title) + "\n";
    for (const auto& [name, value] : values) text += escaped(name, '!') + " " + escaped(value, ' ') + "\n";
    return text;
}

Result<RecordValues> parse_values(std::string_view title, std::string_view text) {
    if (!text.starts_with(title) || !text.substr(title.size()).starts_with('\n'))
        return failure("the record does not start as one");
    text.remove_prefix(title.size() + 1);
    RecordValues values;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return failure("the record's last line is not complete");
        const std::string_view line = text.substr(0, end);
        auto pair = split(line);
        if (!pair) return failure("the record has a line that is none: " + riposte::quoted(line));
        if (!values.insert(std::move(*pair)).second)
            return failure("the record has a line twice: " + riposte::quoted(line));
        text.remove_prefix(end + 1);
    }
    return values;
}

}  // namespace riposte
