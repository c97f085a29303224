// SPDX-License-Identifier: Apache-2.0
#include "src/responses/quarantine_record.h"

#include "src/request/utf8.h"
#include "src/responses/record_text.h"

#include <array>
#include <charconv>
#include <optional>

namespace riposte {
namespace {

constexpr std::string_view kTitle = "riposte-quarantine 1";
constexpr std::string_view kProperty = "property.";

std::optional<std::uint64_t> number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string serialize_record(const QuarantineRecord& record) {
    RecordValues values{{"path", record.path},
                        {"size", std::to_string(record.facts.size)},
                        {"sha256", record.facts.sha256},
                        {"identity", record.facts.identity},
                        {"returning", record.returning}};
    for (const auto& [name, value] : record.facts.properties) values.emplace(std::string(kProperty) + name, value);
    return serialize_values(kTitle, values);
}

Result<QuarantineRecord> parse_record(std::string_view text) {
    auto values = parse_values(kTitle, text);
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
