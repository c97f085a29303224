// SPDX-License-Identifier: Apache-2.0
#include "src/request/request.h"

#include "src/request/fields.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kShownBytes = 120;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpaces = " \t\r\n";

bool looks_like_time(std::string_view text) {
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    const auto fits = [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; };
    return text.size() > kShape.size() && std::ranges::equal(text.substr(0, kShape.size()), kShape, fits);
}

// The request's time is a help, not a condition: text that is no time counts as absent.
std::optional<WallTime> read_time(const std::string& text) {
    if (!looks_like_time(text)) return std::nullopt;  // Poco's parser skips what it does not expect
    try {
        Poco::DateTime time;
        int zone_seconds = 0;
        if (!Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, text, time, zone_seconds))
            return std::nullopt;
        time.makeUTC(zone_seconds);
        return wall_time_of(time.timestamp().epochMicroseconds() / 1000);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

Result<Request> decode_json(std::string_view text) {
    std::size_t consumed = 0;
    auto document = Document::parse(text, &consumed);
    if (!document) return document.error();

    Reader reader;
    const Document* command = reader.member(&*document, "command");
    const Document* wazuh = reader.member(&*document, "wazuh");
    const Document* response = reader.object(wazuh, "wazuh.active_response");
    if (reader.error()) return *reader.error();
    if (command != nullptr && response != nullptr)
        return failure("the message is ambiguous: it has both a command and wazuh.active_response");
    if (command == nullptr && response == nullptr)
        return failure("the message has neither a command nor wazuh.active_response");

    auto request = response == nullptr ? decode_wazuh4(*document) : decode_wazuh5(*document, *response);
    if (!request) return request;
    if (response != nullptr) {
        const Document* made = reader.field(&*document, "@timestamp", Reader::Layout::Nested);
        if (reader.error()) return *reader.error();
        if (made != nullptr && made->is_string()) request->made = read_time(made->text());
    }
    request->document = std::move(*document);
    return request;
}

std::vector<std::string> split_at_spaces(std::string_view text) {
    std::vector<std::string> words;
    for (;;) {
        const std::size_t space = text.find(' ');
        words.emplace_back(text.substr(0, space));
        if (space == std::string_view::npos) return words;
        text.remove_prefix(space + 1);
    }
}

Result<Request> decode_ossec(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
    if (!is_utf8(text)) return failure("the text request has invalid UTF-8");
    if (has_control_characters(text)) return failure("the text request has control characters");
    Request request;
    request.dialect = Dialect::Ossec;
    request.words = split_at_spaces(text);
    if (auto named = take_name(request, request.words.front()); !named) return named.error();
    request.words.erase(request.words.begin());
    if (request.words.size() < kTargetWords)
        return failure("the text request lacks its user and its address: NAME USER SRCIP ..., with - for none");
    const auto fixed = std::min<std::ptrdiff_t>(4, std::ssize(request.words));
    if (std::any_of(request.words.begin(), request.words.begin() + fixed,
                    [](const auto& word) { return word.empty(); }))
        return failure("the text request has an empty word: words are separated by single spaces");
    if (auto read = read_ossec_words(request); !read) return read.error();
    return request;
}

Result<Request> decode_bounded(std::string_view bytes) {
    if (bytes.size() > kMaxRequestBytes)
        return failure("the message is longer than " + std::to_string(kMaxRequestBytes) + " bytes");
    if (bytes.ends_with('\0')) bytes.remove_suffix(1);
    if (bytes.starts_with(kByteOrderMark)) return failure("the message starts with a byte order mark");
    const std::size_t start = bytes.find_first_not_of(kSpaces);
    if (start == std::string_view::npos) return failure("the message is empty");
    bytes.remove_prefix(start);
    return bytes.front() == '{' ? decode_json(bytes) : decode_ossec(bytes);
}

}  // namespace

Result<Request> decode_request(std::string_view bytes) {
    return without_exceptions([&] { return decode_bounded(bytes); });
}

std::string first_bytes(std::string_view bytes) {
    std::string shown = printable(bytes, kShownBytes);
    if (bytes.size() > kShownBytes) shown += "... (" + std::to_string(bytes.size()) + " bytes)";
    return shown;
}

}  // namespace riposte
