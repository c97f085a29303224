// SPDX-License-Identifier: Apache-2.0
#include "src/request/fields.h"

#include "src/request/address.h"
#include "src/request/ossec_text.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxUserBytes = 256;
constexpr std::size_t kMaxFileNameBytes = 4096;
constexpr std::chrono::seconds kMaxTimeout = std::chrono::days(3650);

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
}

// agent_control puts words of its own where an event has numbers.
std::string ossec_id(Reader& reader, const char* field, const std::string& word) {
    if (word.size() > kMaxUserBytes) reader.fail(std::string(field) + " " + quoted(word) + " is longer than 256 bytes");
    const bool absent = is_absent(word) || word == "(from_the_server)" || word == "(no_rule_id)";
    return absent ? std::string() : word;
}

}  // namespace

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

const Document& Request::alert() const {
    static const Document none;
    if (dialect == Dialect::Wazuh5) return document;
    const Document* parameters = document.find("parameters");
    const Document* alert = parameters == nullptr ? nullptr : parameters->find("alert");
    return alert == nullptr ? none : *alert;
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
