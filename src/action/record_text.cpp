// SPDX-License-Identifier: Apache-2.0
#include "src/action/record_text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <cstddef>

namespace riposte {

namespace {

bool continues_sequence(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

}  // namespace

std::string json_string(std::string_view value) {
    return boost::json::serialize(boost::json::string(value));
}

std::string key_values_text(const std::vector<std::string>& values) {
    std::string text = "[";
    for (const std::string& value : values) {
        if (text.size() > 1) text += ',';
        text += json_string(value);
    }
    return text + "]";
}

std::vector<std::string> key_values_from_text(std::string_view text) {
    // The text of an alert need not be UTF-8, and came through here once already.
    boost::json::parse_options options;
    options.allow_invalid_utf8 = true;
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(text, failed, {}, options);
    std::vector<std::string> values;
    if (failed || !parsed.is_array()) return values;
    for (const boost::json::value& value : parsed.get_array()) {
        if (!value.is_string()) return {};
        values.emplace_back(value.get_string().data(), value.get_string().size());
    }
    return values;
}

std::string first_part(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    std::size_t end = most;
    while (end > 0 && continues_sequence(text[end])) --end;
    return std::string(text.substr(0, end));
}

std::string last_part(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    std::size_t start = text.size() - most;
    while (start < text.size() && continues_sequence(text[start])) ++start;
    return std::string(text.substr(start));
}

}  // namespace riposte
