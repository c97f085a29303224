// SPDX-License-Identifier: Apache-2.0
#include "src/responses/quarantine_record.h"

#include "src/request/utf8.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace riposte {
namespace {

constexpr std::string_view kFirstLine = "riposte-quarantine 1\n";
constexpr std::string_view kProperty = "property.";

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

std::string line(std::string_view name, std::string_view value) {
    return escaped(name, '!') + " " + escaped(value, ' ') + "\n";
}

std::optional<std::uint64_t> number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

using Values = std::map<std::string, std::string>;

std::optional<std::pair<std::string, std::string>> split(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    auto name = unescaped(text.substr(0, space));
    auto value = unescaped(text.substr(space + 1));
    if (!name || !value) return std::nullopt;
    return std::pair(std::move(*name), std::move(*value));
}

Result<Values> read_lines(std::string_view text) {
    if (!text.starts_with(kFirstLine)) return failure("the record does not start as one");
    text.remove_prefix(kFirstLine.size());
    Values values;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return failure("the record's last line is not complete");
        auto pair = split(text.substr(0, end));
        if (!pair) return failure("the record has a line that is none: " + quoted(text.substr(0, end)));
        if (!values.insert(std::move(*pair)).second)
            return failure("the record has a line twice: " + quoted(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return values;
}

}  // namespace

std::string serialize_record(const QuarantineRecord& record) {
    std::string text(kFirstLine);
    text += line("path", record.path);
    text += line("size", std::to_string(record.facts.size));
    text += line("sha256", record.facts.sha256);
    text += line("identity", record.facts.identity);
    text += line("returning", record.returning);
    for (const auto& [name, value] : record.facts.properties) text += line(std::string(kProperty) + name, value);
    return text;
}

Result<QuarantineRecord> parse_record(std::string_view text) {
    auto values = read_lines(text);
    if (!values) return values.error();
    QuarantineRecord record;
    std::string size;
    const std::array<std::pair<const char*, std::string*>, 5> wanted{{{"path", &record.path},
                                                                      {"size", &size},
                                                                      {"sha256", &record.facts.sha256},
                                                                      {"identity", &record.facts.identity},
                                                                      {"returning", &record.returning}}};
    for (const auto& [name, place] : wanted) {
        const auto found = values->find(name);
        if (found == values->end()) return failure(std::string("the record lacks its ") + name);
        *place = std::move(found->second);
        values->erase(found);
    }
    const auto bytes = number(size);
    if (!bytes) return failure("the record's size is no number: " + riposte::quoted(size));
    record.facts.size = *bytes;
    for (auto& [name, value] : *values) {
        if (!name.starts_with(kProperty)) return failure("the record has an unknown line: " + riposte::quoted(name));
        record.facts.properties.emplace(name.substr(kProperty.size()), std::move(value));
    }
    return record;
}

}  // namespace riposte
