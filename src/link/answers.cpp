// SPDX-License-Identifier: Apache-2.0
#include "src/link/answers.h"

#include "src/request/document.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

using FollowUp = RequestAnswer::FollowUp;

constexpr std::string_view kNoSuchSection = "err Could not get requested section";
constexpr std::string_view kUnrecognized = "err Unrecognized command";
constexpr std::string_view kUnsupported = "err Unsupported";
constexpr int kNoUpgrade = 1;
constexpr std::chrono::seconds kMaxRestartLock{3600};

RequestAnswer plain(std::string_view text) {
    return {std::string(text), FollowUp::None, {}};
}

RequestAnswer acting(FollowUp follow_up) {
    return {"ok ", follow_up, {}};
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find(' '));
}

Document text_value(std::string_view text) {
    return Document::string(std::string(text));
}

template <class Number>
Document number_value(Number number) {
    return Document::number(std::to_string(number));
}

// "ok {"NAME":SECTION}".
RequestAnswer ok_section(std::string_view name, Document section) {
    Document root = Document::object();
    root.append(std::string(name), std::move(section));
    return plain("ok " + root.serialize());
}

Document response_section(const AgentReport& facts) {
    Document section = Document::object();
    section.append("disabled", text_value(facts.responses_disabled ? "yes" : "no"));
    if (!facts.repeated_offenders.empty()) {
        Document& minutes = section.append("repeated_offenders", Document::array());
        for (const auto each : facts.repeated_offenders) minutes.add(number_value(each.count()));
    }
    if (!facts.ca_store.empty()) {
        Document& files = section.append("ca_store", Document::array());
        for (const std::string& each : facts.ca_store) files.add(text_value(each));
    }
    return section;
}

Document logging_section() {
    Document section = Document::object();
    section.append("plain", text_value("yes"));
    section.append("json", text_value("no"));
    return section;
}

RequestAnswer com_section(std::string_view name, const AgentReport& facts) {
    if (name == "active-response") return ok_section(name, response_section(facts));
    if (name == "logging") return ok_section(name, logging_section());
    if (name == "internal") {
        Document section = Document::object();
        section.append("execd", Document::object());
        return ok_section(name, std::move(section));
    }
    return plain(kNoSuchSection);
}

Document client_section(const AgentReport& facts) {
    Document server = Document::object();
    server.append("address", text_value(facts.server_address));
    server.append("port", number_value(facts.server_port));
    server.append("protocol", text_value(facts.protocol));
    Document section = Document::object();
    section.append("notify_time", number_value(facts.notify_time.count()));
    section.append("time-reconnect", number_value(facts.reconnect_time.count()));
    section.append("crypto_method", text_value(facts.crypto_method));
    section.append("server", Document::array()).add(std::move(server));
    return section;
}

RequestAnswer agent_section(std::string_view name, const AgentReport& facts) {
    if (name == "client") return ok_section(name, client_section(facts));
    if (name == "labels") return ok_section(name, Document::array());
    if (name == "buffer") {
        Document section = Document::object();
        section.append("disabled", text_value("yes"));
        return ok_section(name, std::move(section));
    }
    return plain(kNoSuchSection);
}

// "2026-01-02 03:04:05" as managers read it; in UTC, and "" for never.
std::string moment(std::optional<WallTime> time) {
    if (!time) return {};
    return Poco::DateTimeFormatter::format(Poco::Timestamp(to_ms(*time) * 1000), "%Y-%m-%d %H:%M:%S");
}

// {"error":N,"message":"...","data":DATA}
std::string with_error_number(int number, std::string_view message, Document data) {
    Document root = Document::object();
    root.append("error", number_value(number));
    if (!message.empty()) root.append("message", text_value(message));
    root.append("data", std::move(data));
    return root.serialize();
}

RequestAnswer agent_state(const AgentReport& facts) {
    Document state = Document::object();
    state.append("status", text_value(facts.status));
    state.append("last_keepalive", text_value(moment(facts.last_keepalive)));
    state.append("last_ack", text_value(moment(facts.last_ack)));
    state.append("msg_count", number_value(facts.messages_received));
    state.append("msg_sent", number_value(facts.messages_sent));
    state.append("msg_buffer", number_value(0));
    state.append("buffer_enabled", Document::boolean(false));
    return plain(with_error_number(0, {}, std::move(state)));
}

std::optional<std::chrono::seconds> lock_time(std::string_view text) {
    long long seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    // Managers say -1 for "as long as you allow".
    if (seconds < 0 || seconds > kMaxRestartLock.count()) return kMaxRestartLock;
    return std::chrono::seconds(seconds);
}

RequestAnswer lock_restart(std::string_view argument) {
    const auto seconds = lock_time(argument);
    if (!seconds) return plain("err Lock restart command needs a number of seconds");
    return {"ok ", FollowUp::LockRestart, *seconds};
}

bool is_upgrade_step(std::string_view word) {
    static constexpr std::string_view kSteps[] = {
        "open", "write", "close", "sha1", "unmerge", "uncompress", "upgrade", "upgrade_result", "clear_upgrade_result"};
    return std::ranges::find(kSteps, word) != std::end(kSteps);
}

RequestAnswer com_answer(std::string_view command, const AgentReport& facts) {
    const std::string_view word = first_word(command);
    const std::string_view argument = command.substr(std::min(word.size() + 1, command.size()));
    if (word == "getconfig") return com_section(argument, facts);
    if (word == "restart" || word == "restart-wazuh") return acting(FollowUp::Restart);
    if (word == "reload") return acting(FollowUp::Reload);
    if (word == "lock_restart") return lock_restart(argument);
    if (is_upgrade_step(word)) return plain(kUnsupported);
    return plain(kUnrecognized);
}

RequestAnswer control_answer(std::string_view command) {
    if (command == "restart") return acting(FollowUp::Restart);
    if (command == "reload") return acting(FollowUp::Reload);
    return plain(kUnrecognized);
}

RequestAnswer agent_answer(std::string_view command, const AgentReport& facts) {
    if (command.starts_with("getconfig ")) return agent_section(command.substr(command.find(' ') + 1), facts);
    if (command == "getstate") return agent_state(facts);
    return plain(kUnrecognized);
}

// A package of the manager's would replace Wazuh's own agent, which this is not.
RequestAnswer upgrade_answer() {
    return plain(with_error_number(kNoUpgrade, "This agent is not upgraded by its manager", Document::array()));
}

}  // namespace

RequestAnswer answer_request(std::string_view target, std::string_view command, const AgentReport& facts) {
    if (target == "com") return com_answer(command, facts);
    if (target == "agent") return agent_answer(command, facts);
    if (target == "control") return control_answer(command);
    if (target == "upgrade") return upgrade_answer();
    return plain("err Unknown target");
}

std::string answer_message(std::string_view counter, std::string_view answer) {
    return "#!-req " + std::string(counter) + " " + std::string(answer);
}

std::string answer_ack_message(std::string_view counter) {
    return answer_message(counter, "ack");
}

}  // namespace riposte
