// SPDX-License-Identifier: Apache-2.0
#include "src/request/request.h"

#include "src/request/address.h"
#include "src/request/ossec_text.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxUserBytes = 256;
constexpr std::size_t kMaxFileNameBytes = 4096;
constexpr std::size_t kShownBytes = 120;
constexpr std::chrono::seconds kMaxTimeout = std::chrono::days(3650);
constexpr std::size_t kTargetWords = 2;  // USER SRCIP
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpaces = " \t\r\n";

using Need = Reader::Need;
using Layout = Reader::Layout;

Result<void> check_name(std::string_view name) {
    if (name.empty()) return failure("the active response's name is empty");
    const std::string shown = "the active response's name " + quoted(name);
    if (name.size() > kMaxNameBytes) return failure(shown + " is longer than 255 bytes");
    if (has_control_characters(name)) return failure(shown + " has control characters");
    if (name.find_first_of("/\\") != std::string_view::npos) return failure(shown + " has a path separator");
    if (name.front() == '!') return failure(shown + " must not start with \"!\" here");
    return {};
}

// "!name" names the executable itself, everything else a configured response.
Result<void> take_name(Request& request, std::string_view name) {
    request.ad_hoc = name.starts_with('!');
    if (request.ad_hoc) name.remove_prefix(1);
    if (auto valid = check_name(name); !valid) return valid;
    if (request.ad_hoc) {
        if (auto valid = check_file_name(name); !valid) return valid;
    }
    request.name = name;
    return {};
}

std::string checked_address(Reader& reader, std::string_view field, const std::string& value) {
    if (is_absent(value)) return {};
    if (const auto network = Network::parse(value)) return network->text();
    reader.fail(std::string(field) + " " + quoted(value) + " is no IP address");
    return {};
}

std::string checked_user(Reader& reader, std::string_view field, std::string value) {
    if (is_absent(value)) return {};
    const std::string shown = "the user in " + std::string(field) + ", " + quoted(value) + ",";
    if (value.size() > kMaxUserBytes) reader.fail(shown + " is longer than 256 bytes");
    if (value.front() == '-') reader.fail(shown + " starts with a hyphen and could be taken for an option");
    if (has_control_characters(value)) reader.fail(shown + " has control characters");
    return value;
}

std::string checked_filename(Reader& reader, std::string_view field, std::string value) {
    if (is_absent(value)) return {};
    const std::string shown = "the file name in " + std::string(field) + ", " + quoted(value) + ",";
    if (value.size() > kMaxFileNameBytes) reader.fail(shown + " is longer than 4096 bytes");
    if (value.front() == '-') reader.fail(shown + " starts with a hyphen and could be taken for an option");
    if (value.find('\0') != std::string::npos) reader.fail(shown + " has a NUL byte");
    return value;
}

std::string first_present(std::initializer_list<std::string> values) {
    const auto* const found = std::ranges::find_if(values, [](const auto& value) { return !value.empty(); });
    return found == values.end() ? std::string() : *found;
}

std::vector<std::string> read_strings(Reader& reader, const Document* array, const std::string& path) {
    std::vector<std::string> strings;
    if (array == nullptr) return strings;
    if (!array->is_array()) reader.fail(path + " must be an array of strings");
    for (const Document& item : array->items()) {
        if (!item.is_string()) reader.fail(path + " holds " + quoted(item.serialize()) + ", which is no string");
        strings.push_back(item.text());
    }
    return strings;
}

void read_wazuh4_alert(Reader& reader, const Document* alert, Request& request) {
    const auto address = [&](std::string_view path) {
        return checked_address(reader, path, reader.string_field(alert, path, Layout::Nested));
    };
    request.srcip = first_present(
        {address("data.win.eventdata.ipAddress"), address("data.win.eventdata.destinationIp"), address("data.srcip")});

    std::string dstuser = reader.string_field(alert, "data.dstuser", Layout::Nested);
    std::string srcuser = reader.string_field(alert, "data.srcuser", Layout::Nested);
    request.user = is_absent(dstuser) ? checked_user(reader, "data.srcuser", std::move(srcuser))
                                      : checked_user(reader, "data.dstuser", std::move(dstuser));

    request.filename =
        checked_filename(reader, "syscheck.path", reader.string_field(alert, "syscheck.path", Layout::Nested));
    request.rule_id = reader.id_field(alert, "rule.id", Layout::Nested);
    request.alert_id = reader.id_field(alert, "id", Layout::Nested);
}

Result<Request> decode_wazuh4(const Document& document) {
    Request request;
    request.dialect = Dialect::Wazuh4;
    Reader reader;
    reader.number(&document, "version", Need::Required);
    const std::string command = reader.string(&document, "command", Need::Required);
    const Document* origin = reader.object(&document, "origin");
    reader.string(origin, "origin.name");
    reader.string(origin, "origin.module");
    const Document* parameters = reader.object(&document, "parameters", Need::Required);
    reader.string(parameters, "parameters.program");
    request.extra_args =
        read_strings(reader, reader.member(parameters, "parameters.extra_args"), "parameters.extra_args");
    read_wazuh4_alert(reader, reader.object(parameters, "parameters.alert"), request);
    if (reader.error()) return *reader.error();
    if (auto named = take_name(request, command); !named) return named.error();
    return request;
}

// A whole number of seconds; std::nullopt if absent.
std::optional<std::chrono::seconds> read_timeout(Reader& reader, const Document* response) {
    constexpr std::string_view kPath = "wazuh.active_response.stateful_timeout";
    const Document* timeout = reader.number(response, kPath);
    if (timeout == nullptr) return std::nullopt;
    const std::string& text = timeout->text();
    std::int64_t seconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (code != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > kMaxTimeout.count()) {
        reader.fail(std::string(kPath) + " " + quoted(text) + " is no whole number of seconds from 0 to ten years");
        return std::nullopt;
    }
    return std::chrono::seconds(seconds);
}

void read_wazuh5_response(Reader& reader, const Document* response, Request& request) {
    request.name = reader.string(response, "wazuh.active_response.name", Need::Required);
    request.executable = reader.string(response, "wazuh.active_response.executable", Need::Required);
    const std::string extra = reader.string(response, "wazuh.active_response.extra_arguments");
    if (!extra.empty()) request.extra_args.push_back(extra);

    const std::string type = reader.string(response, "wazuh.active_response.type", Need::Required);
    const auto timeout = read_timeout(reader, response);
    if (type == "stateful") {
        if (!timeout) reader.fail("wazuh.active_response.stateful_timeout is missing from a stateful response");
        request.timeout = timeout.value_or(std::chrono::seconds(0));
    } else if (type != "stateless") {
        reader.fail("wazuh.active_response.type " + quoted(type) + " must be \"stateful\" or \"stateless\"");
    }
}

bool looks_like_time(std::string_view text) {
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    const auto fits = [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; };
    return text.size() > kShape.size() && std::ranges::equal(text.substr(0, kShape.size()), kShape, fits);
}

// The request's time is a help, not a condition: text that is no time counts as absent.
std::optional<std::int64_t> unix_milliseconds(const std::string& text) {
    if (!looks_like_time(text)) return std::nullopt;  // Poco's parser skips what it does not expect
    try {
        Poco::DateTime time;
        int zone_seconds = 0;
        if (!Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, text, time, zone_seconds))
            return std::nullopt;
        time.makeUTC(zone_seconds);
        return time.timestamp().epochMicroseconds() / 1000;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void read_wazuh5_event(Reader& reader, const Document& document, Request& request) {
    const auto string = [&](std::string_view path) {
        return reader.string_field(&document, path, Layout::NestedOrFlat);
    };
    const auto id = [&](std::string_view path) { return reader.id_field(&document, path, Layout::NestedOrFlat); };
    request.srcip = checked_address(reader, "source.ip", string("source.ip"));
    request.user = checked_user(reader, "user.name", string("user.name"));
    request.filename = checked_filename(reader, "file.path", string("file.path"));
    request.rule_id = first_present({id("rule.id"), id("wazuh.rule.id")});
    request.alert_id = first_present({id("event.id"), id("event.doc_id")});
    const Document* made = reader.field(&document, "@timestamp", Layout::Nested);
    if (made != nullptr && made->is_string()) request.made_wall_ms = unix_milliseconds(made->text());
}

Result<Request> decode_wazuh5(const Document& document, const Document& response) {
    Request request;
    request.dialect = Dialect::Wazuh5;
    Reader reader;
    read_wazuh5_response(reader, &response, request);
    read_wazuh5_event(reader, document, request);
    reader.string(reader.object(&document, "parameters"), "parameters.program");
    if (reader.error()) return *reader.error();
    if (auto valid = check_name(request.name); !valid) return valid.error();
    if (auto valid = check_file_name(request.executable); !valid)
        return failure("wazuh.active_response.executable: " + valid.error().text());
    return request;
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
    if (request) request->document = std::move(*document);
    return request;
}

std::optional<Verb> verb_from(Dialect dialect, std::string_view word) {
    const bool is_wazuh5 = dialect == Dialect::Wazuh5;
    if (word == (is_wazuh5 ? "enable" : "add")) return Verb::Apply;
    if (word == (is_wazuh5 ? "disable" : "delete")) return Verb::Reverse;
    return std::nullopt;
}

Result<Order> decode_json_order(std::string_view line) {
    auto document = Document::parse(line);
    if (!document) return document.error();

    Reader reader;
    const std::string word = reader.string(&*document, "command", Need::Required);
    const Document* response = reader.object(reader.member(&*document, "wazuh"), "wazuh.active_response");
    if (reader.error()) return *reader.error();
    const auto verb = verb_from(response == nullptr ? Dialect::Wazuh4 : Dialect::Wazuh5, word);
    if (!verb) return failure("the command " + quoted(word) + " is not one that an executable is told");

    auto request = response == nullptr ? decode_wazuh4(*document) : decode_wazuh5(*document, *response);
    if (!request) return request.error();
    request->document = std::move(*document);
    return Order{*verb, std::move(*request)};
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

// agent_control puts words of its own where an event has numbers.
std::string ossec_id(Reader& reader, const char* field, const std::string& word) {
    if (word.size() > kMaxUserBytes) reader.fail(std::string(field) + " " + quoted(word) + " is longer than 256 bytes");
    const bool absent = is_absent(word) || word == "(from_the_server)" || word == "(no_rule_id)";
    return absent ? std::string() : word;
}

Result<void> read_ossec_words(Request& request) {
    Reader reader;
    request.user = checked_user(reader, "USER", request.words[0]);
    request.srcip = checked_address(reader, "SRCIP", request.words[1]);
    if (request.words.size() > 2) request.alert_id = ossec_id(reader, "ALERT_ID", request.words[2]);
    if (request.words.size() > 3) request.rule_id = ossec_id(reader, "RULE_ID", request.words[3]);
    request.filename = checked_filename(reader, "FILENAME", split_ossec_tail(request.words).filename);
    if (reader.error()) return *reader.error();
    return {};
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

Result<Order> decode_argument_order(const std::vector<std::string>& arguments) {
    const auto verb = arguments.empty() ? std::nullopt : verb_from(Dialect::Ossec, arguments.front());
    if (!verb) return failure("the first argument must be add or delete");
    Order order{*verb, {}};
    order.request.dialect = Dialect::Ossec;
    order.request.words.assign(arguments.begin() + 1, arguments.end());
    if (order.request.words.size() < kTargetWords) order.request.words.resize(kTargetWords, "-");
    if (auto read = read_ossec_words(order.request); !read) return read.error();
    return order;
}

template <class Decode>
auto without_exceptions(Decode decode) -> decltype(decode()) {
    try {
        return decode();
    } catch (const std::exception& e) {
        return failure(std::string("the message could not be decoded: ") + e.what());
    }
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

const Document& Request::alert() const {
    static const Document none;
    if (dialect == Dialect::Wazuh5) return document;
    const Document* parameters = document.find("parameters");
    const Document* alert = parameters == nullptr ? nullptr : parameters->find("alert");
    return alert == nullptr ? none : *alert;
}

Result<Request> decode_request(std::string_view bytes) {
    return without_exceptions([&] { return decode_bounded(bytes); });
}

Result<Order> decode_order(std::string_view line) {
    if (line.size() > kMaxOrderBytes)
        return failure("the line is longer than " + std::to_string(kMaxOrderBytes) + " bytes");
    return without_exceptions([&] { return decode_json_order(line); });
}

Result<Order> decode_order(const std::vector<std::string>& arguments) {
    return without_exceptions([&] { return decode_argument_order(arguments); });
}

std::string first_bytes(std::string_view bytes) {
    std::string shown = printable(bytes, kShownBytes);
    if (bytes.size() > kShownBytes) shown += "... (" + std::to_string(bytes.size()) + " bytes)";
    return shown;
}

Result<void> check_file_name(std::string_view name) {
    if (name.empty()) return failure("the file name is empty");
    const std::string shown = "the file name " + quoted(name);
    if (name.size() > kMaxNameBytes) return failure(shown + " is longer than 255 bytes");
    if (has_control_characters(name)) return failure(shown + " has control characters or is no valid UTF-8");
    if (name.find_first_of("/\\") != std::string_view::npos)
        return failure(shown + " has a path separator; give the name of a file in the bin directory");
    if (name.find(':') != std::string_view::npos) return failure(shown + " has a colon");
    if (name.front() == '.') return failure(shown + " starts with a dot");
    if (name.front() == '-') return failure(shown + " starts with a hyphen");
    if (name.back() == '.' || name.back() == ' ') return failure(shown + " ends with a dot or a space");
    return {};
}

}  // namespace riposte
