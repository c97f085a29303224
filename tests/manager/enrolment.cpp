// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/enrolment.h"

#include "tests/manager/cipher.h"

#include <algorithm>

namespace riposte::simulator {
namespace {

constexpr std::string_view kPasswordField = "OSSEC PASS: ";
constexpr std::string_view kNameField = "OSSEC A:'";

// A request or what is wrong with it.
struct ParsedEnrolment {
    EnrolmentRequest request;
    std::string error;
    bool wrong_password = false;
};

// Takes `introduction value '` from the front of `text`. False if it is not there; `error` if it never ends.
bool take_field(std::string_view& text, std::string_view introduction, std::string& value, std::string& error,
                const std::string& what) {
    if (!text.starts_with(introduction)) return false;
    text.remove_prefix(introduction.size());
    const std::size_t end = text.find('\'');
    if (end == std::string_view::npos) {
        error = "Unterminated " + what + " field";
        return false;
    }
    value = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
}

ParsedEnrolment parse_enrolment(std::string_view text, const Core& core) {
    ParsedEnrolment parsed;
    if (!core.options.password.empty()) {
        const std::string expected = std::string(kPasswordField) + core.options.password + " ";
        if (!text.starts_with(expected)) {
            parsed.wrong_password = true;
            parsed.error = "Invalid password";
            return parsed;
        }
        text.remove_prefix(expected.size());
    }
    EnrolmentRequest& request = parsed.request;
    if (!take_field(text, kNameField, request.name, parsed.error, "name")) {
        parsed.error = "Invalid request for new agent";
        return parsed;
    }
    if (!core.is_wazuh()) return parsed;  // nothing behind the name is understood
    // By position: what stands out of order is not seen.
    take_field(text, " V:'", request.version, parsed.error, "version");
    if (parsed.error.empty()) take_field(text, " G:'", request.groups, parsed.error, "group");
    if (parsed.error.empty()) take_field(text, " IP:'", request.ip, parsed.error, "IP");
    if (parsed.error.empty()) take_field(text, " K:'", request.key_hash, parsed.error, "key");
    return parsed;
}

std::string refusal_of_groups(const Core& core, std::string_view groups) {
    while (!groups.empty()) {
        const std::size_t comma = groups.find(',');
        const std::string group(groups.substr(0, comma));
        groups = comma == std::string_view::npos ? "" : groups.substr(comma + 1);
        const auto& known = core.options.groups;
        if (std::find(known.begin(), known.end(), group) == known.end()) return "Invalid group: " + group;
    }
    return {};
}

bool is_address_or_network(const std::string& text) {
    boost::system::error_code error;
    boost::asio::ip::make_address(text.substr(0, text.find('/')), error);
    return !error;
}

// An agent of the same name goes only if the policy lets it.
std::string refusal_to_replace(Core& core, const Agent& old, const EnrolmentRequest& request) {
    const ReplacePolicy& policy = core.options.replace;
    const auto now = std::chrono::steady_clock::now();
    const KeyEntry& key = old.view.key;
    const bool holds_the_key = request.key_hash == sha1_hex(key.id + key.name + key.key);
    const bool was_heard = old.heard != SteadyTime();
    const bool may_go = policy.enabled && !(policy.key_mismatch && holds_the_key) && !core.is_connected(old) &&
                        (!was_heard || now - old.heard >= policy.disconnected_time) &&
                        now - old.registered >= policy.after_registration_time;
    return may_go ? std::string() : "Duplicate agent name: " + request.name;
}

// OSSEC appends a number.
std::string free_name(Core& core, const std::string& wanted) {
    std::string name = wanted;
    for (unsigned number = 2; core.registry.find_name(name) != nullptr; ++number)
        name = wanted + std::to_string(number);
    return name;
}

std::string refusal(Core& core, const EnrolmentRequest& request) {
    if (!is_agent_name(request.name)) return "Invalid agent name: " + request.name;
    if (!core.is_wazuh()) return {};
    const auto version = parse_version(request.version);
    if (version && *version > parse_version(core.options.version))
        return "Agent version must be lower or equal to manager version";
    if (const std::string reason = refusal_of_groups(core, request.groups); !reason.empty()) return reason;
    if (!request.ip.empty() && request.ip != "src" && !is_address_or_network(request.ip))
        return "Invalid IP: " + request.ip;
    if (const Agent* old = core.registry.find_name(request.name)) {
        if (const std::string reason = refusal_to_replace(core, *old, request); !reason.empty()) return reason;
        core.registry.remove(std::string(old->view.key.id));
    }
    return {};
}

std::string refused_text(const Core& core, const std::string& reason) {
    if (core.is_wazuh()) return "ERROR: " + reason + ". Unable to add agent";
    return "ERROR: " + reason + "\n\nERROR: Unable to add agent.\n\n";
}

}  // namespace

bool is_agent_name(std::string_view name) {
    return name.size() >= 2 && name.size() <= 128 && name.front() != '.' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               std::string_view::npos;
}

Decision decide_enrolment(Core& core, const EnrolmentRequest& request, const boost::asio::ip::address& source) {
    Decision decision;
    decision.reason = refusal(core, request);
    if (decision.reason.empty()) {
        const bool by_source = request.ip == "src" || (request.ip.empty() && core.options.use_source_ip);
        KeyEntry entry{core.registry.next_id(core.options.kind), request.name, "any", Registry::new_key()};
        if (!core.is_wazuh()) entry.name = free_name(core, request.name);
        if (by_source) entry.ip = source.to_string();
        if (!by_source && !request.ip.empty()) entry.ip = request.ip;
        Agent& agent = core.registry.add(entry);
        agent.usable_from += core.options.key_update_delay;
        decision.key = entry;
        core.tell("enrolled", {{"id", entry.id}, {"name", entry.name}, {"ip", entry.ip}});
    } else {
        core.tell("enrolment refused", {{"name", request.name}, {"reason", decision.reason}});
    }
    return decision;
}

std::string answer_enrolment(Core& core, std::string_view text, const boost::asio::ip::address& source) {
    const ParsedEnrolment parsed = parse_enrolment(text.substr(0, text.find('\n')), core);
    const EnrolmentRequest& asked = parsed.request;
    std::string answer;
    bool accepted = false;
    if (!parsed.error.empty()) {
        core.tell("enrolment refused", {{"name", asked.name}, {"reason", parsed.error}});
        if (!parsed.wrong_password || core.is_wazuh()) answer = refused_text(core, parsed.error);
    } else {
        const Decision decision = decide_enrolment(core, asked, source);
        accepted = decision.key.has_value();
        answer = accepted ? "OSSEC K:'" + decision.key->line() + "'" + (core.is_wazuh() ? "" : "\n\n")
                          : refused_text(core, decision.reason);
    }
    core.enrolments.push_back(
        {asked.name, asked.version, asked.groups, asked.ip, asked.key_hash, false, answer, accepted});
    return answer;
}

}  // namespace riposte::simulator
