// SPDX-License-Identifier: Apache-2.0
#include "src/link/messages.h"

#include "src/request/document.h"

#include <algorithm>
#include <cstdint>

namespace riposte {
namespace {

constexpr std::string_view kControl = "#!-";
constexpr std::size_t kMaxHostText = 256;

bool is_control(char c) {
    return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F;
}

// At most so many bytes; no UTF-8 character is cut in two.
std::string_view cut_text(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    std::size_t end = bytes;
    // A character has at most three bytes that continue it.
    for (int i = 0; i < 3 && end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80; ++i) --end;
    return text.substr(0, end);
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
        text.replace(at, what.size(), by);
}

// A member of a host's description, in which managers split at "|", "[" and "]".
std::string host_text(std::string_view text) {
    std::string result(cut_text(text, kMaxHostText));
    for (char& c : result) {
        if (is_control(c)) c = ' ';
        if (c == '|') c = '/';
        if (c == '[') c = '(';
        if (c == ']') c = ')';
    }
    return result;
}

// The first " - " of a keepalive is where the agent's version begins, so there is none before, nor the start of one.
std::string without_separator(std::string text) {
    text += ' ';
    replace_all(text, " - ", " ");
    text.pop_back();
    return text;
}

std::string or_x(const std::string& md5) {
    return md5.empty() ? "x" : md5;
}

std::string one_line(std::string_view text) {
    std::string result(text);
    std::ranges::replace_if(result, is_control, ' ');
    return result;
}

std::string wazuh_keepalive(const Keepalive& facts) {
    std::string text = std::string(kControl) + facts.host + " - Wazuh " + facts.version;
    if (!facts.config_md5.empty()) text += " / " + facts.config_md5;
    text += '\n';
    for (const std::string& label : facts.labels) {
        if (!label.empty() && std::ranges::none_of(label, is_control)) text += label + '\n';
    }
    text += or_x(facts.merged_md5) + " merged.mg\n";
    if (!facts.agent_ip.empty()) text += "#\"_agent_ip\":" + facts.agent_ip + '\n';
    return text;
}

std::string ossec_keepalive(const Keepalive& facts) {
    std::string text = std::string(kControl) + facts.host + " - OSSEC HIDS " + facts.version;
    if (!facts.config_md5.empty()) text += " / " + facts.config_md5;
    return text + '\n' + or_x(facts.merged_md5) + " merged.mg\n\n" + one_line(facts.noise);
}

}  // namespace

std::string startup_message(ManagerKind kind, std::string_view version) {
    std::string text = std::string(kControl) + "agent startup ";
    if (kind == ManagerKind::Ossec) return text;
    Document document;
    document.append("version", Document::string(std::string(version)));
    return text + document.serialize();
}

std::optional<std::string> shutdown_message(ManagerKind kind) {
    if (kind == ManagerKind::Ossec) return {};
    return std::string(kControl) + "agent shutdown ";
}

std::string agent_started_event(ManagerKind kind, const AgentKey& key) {
    const std::string_view location = kind == ManagerKind::Ossec ? "ossec" : "wazuh-agent";
    return "1:" + std::string(location) + ":ossec: Agent started: '" + key.name + "->" + key.ip + "'.";
}

std::string event_message(char queue, std::string_view location, std::string_view text, std::size_t max_bytes) {
    std::string message{queue, ':'};
    for (const char c : location) {
        if (c == ':' || c == '|') message += '|';
        message += is_control(c) ? ' ' : c;
    }
    message += ':' + one_line(text);
    return std::string(cut_text(message, max_bytes));
}

std::string describe_host(const UnixHost& host) {
    return without_separator(host_text(host.system) + " |" + host_text(host.name) + " |" + host_text(host.release) +
                             " |" + host_text(host.version) + " |" + host_text(host.machine) + " [" +
                             host_text(host.os_name) + "|" + host_text(host.os_platform) + ": " +
                             host_text(host.os_version) +
                             (host.os_codename.empty() ? "" : " (" + host_text(host.os_codename) + ")") + "]");
}

std::string describe_host(const WindowsHost& host) {
    return without_separator(host_text(host.product) + " [Ver: " + host_text(host.version) + "] |" +
                             host_text(host.name) + " |" + host_text(host.machine));
}

std::string keepalive_message(ManagerKind kind, const Keepalive& facts) {
    return kind == ManagerKind::Ossec ? ossec_keepalive(facts) : wazuh_keepalive(facts);
}

}  // namespace riposte
