// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/messages.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace riposte::simulator {
namespace {

constexpr std::size_t kSumSize = 32;
constexpr std::string_view kMergedName = " merged.mg";

std::string text_at(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<boost::json::object> parse_object(std::string_view text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    return value.get_object();
}

std::optional<Keepalive> parse_json_keepalive(std::string_view text) {
    const auto document = parse_object(text);
    const boost::json::value* agent = document ? document->if_contains("agent") : nullptr;
    if (agent == nullptr || !agent->is_object()) return std::nullopt;
    Keepalive keepalive;
    keepalive.version = text_at(agent->get_object(), "version");
    keepalive.merged_sum = text_at(agent->get_object(), "merged_sum");
    return keepalive;
}

void read_first_line(std::string_view line, Keepalive& keepalive) {
    const std::size_t dash = line.find(" - ");
    keepalive.system = line.substr(0, dash);
    if (dash == std::string_view::npos) return;
    const std::string_view version = line.substr(dash + 3);
    keepalive.version = version.substr(0, version.find(" / "));
}

void read_label(std::string_view line, Keepalive& keepalive) {
    line.remove_prefix(line.find('"') + 1);
    const std::size_t end = line.find("\":");
    if (end != std::string_view::npos)
        keepalive.labels.emplace(std::string(line.substr(0, end)), std::string(line.substr(end + 2)));
}

void read_line(std::string_view line, Keepalive& keepalive) {
    if (line.empty()) return;
    if (line.front() == '"' || line.starts_with("#\"") || line.starts_with("!\"")) return read_label(line, keepalive);
    if (line.size() == kSumSize + kMergedName.size() && line.ends_with(kMergedName))
        keepalive.merged_sum = line.substr(0, kSumSize);
    if (line == "x merged.mg") keepalive.merged_sum = "x";
}

}  // namespace

std::optional<Keepalive> parse_keepalive(std::string_view text, bool allows_json) {
    if (allows_json && text.starts_with('{')) return parse_json_keepalive(text);
    std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    Keepalive keepalive;
    read_first_line(text.substr(0, end), keepalive);
    // Text after the last line end is ignored.
    for (text.remove_prefix(end + 1); (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
        read_line(text.substr(0, end), keepalive);
    return keepalive;
}

std::optional<std::string> parse_startup(std::string_view text) {
    if (text.find_first_not_of(' ') == std::string_view::npos) return std::string();
    const auto document = parse_object(text);
    if (!document) return std::nullopt;
    std::string version = text_at(*document, "version");
    if (version.empty()) return std::nullopt;
    return version;
}

std::optional<Event> parse_event(const std::string& agent, std::string_view payload) {
    if (payload.size() < 3 || payload[1] != ':') return std::nullopt;
    Event event{agent, payload[0], {}, {}};
    std::size_t end = payload.find(':', 2);
    while (end != std::string_view::npos && payload[end - 1] == '|') end = payload.find(':', end + 1);
    if (end == std::string_view::npos) return std::nullopt;
    event.location = payload.substr(2, end - 2);
    event.text = payload.substr(end + 1);
    return event;
}

std::string merged_entry(const std::string& name, const std::string& content) {
    return "!" + std::to_string(content.size()) + " " + name + "\n" + content;
}

std::string merged_files(const Options& options) {
    std::string merged;
    if (options.kind != Kind::Ossec) merged += "#default\n";
    if (options.kind != Kind::Wazuh5) {
        std::string lines;
        for (const std::string& line : options.ar_conf) lines += line + "\n";
        merged += merged_entry("ar.conf", lines);
    }
    for (const auto& [name, content] : options.shared_files) merged += merged_entry(name, content);
    return merged;
}

}  // namespace riposte::simulator
