// SPDX-License-Identifier: Apache-2.0
#include "src/action/response_line.h"

#include "src/action/text.h"
#include "src/request/document.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>

namespace riposte {
namespace {

// With a slash on every system: the decoder knows no other form.
constexpr std::string_view kProgramPrefix = "active-response/bin/";
// Together they stay below kMaxResponseLine even when JSON needs six bytes for each of theirs.
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxId = 256;
constexpr std::size_t kMaxArguments = 8192;  // as JSON

boost::json::string cut(const std::string& text, std::size_t most) {
    return boost::json::string(valid_utf8(text.substr(0, most)));
}

// The decoder takes everything up to the first white space as the program's name.
std::string name_without_space(const std::string& executable) {
    std::string name = valid_utf8(executable);
    for (char& c : name) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7F') c = '_';
    }
    return name;
}

bool was_let_act(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::NotStarted:
        case Outcome::Kind::Refused:
        case Outcome::Kind::Stale:
        case Outcome::Kind::DryRun:
            return false;
        default:
            return true;
    }
}

std::string_view verb_word(Verb verb) {
    return verb == Verb::Apply ? "add" : "delete";
}

boost::json::object own_member(const Action& action, Verb verb, const Outcome& outcome) {
    boost::json::object own;
    if (action.id != 0) own.emplace("action", action.id);
    own.emplace("verb", verb_word(verb));
    own.emplace("outcome", to_string(outcome.kind));
    own.emplace("duration_ms", outcome.duration.count());
    if (outcome.signal != 0) {
        own.emplace("signal", outcome.signal);
    } else if (outcome.kind == Outcome::Kind::Success || outcome.kind == Outcome::Kind::Failed) {
        own.emplace("exit_code", outcome.exit_code);
    }
    if (!outcome.text.empty()) own.emplace("reason", cut(outcome.text, kMaxText));
    if (!outcome.output.empty()) {
        const std::size_t size = outcome.output.size();
        own.emplace("output", cut(outcome.output.substr(size - std::min(size, kMaxText)), kMaxText));
    }
    return own;
}

void add_arguments(boost::json::object& own, const ChildInput& input) {
    std::size_t size = 0;
    boost::json::array arguments;
    for (const std::string& argument : input.arguments) {
        size += argument.size();
        if (size > kMaxArguments) return;
        arguments.emplace_back(valid_utf8(argument));
    }
    if (!arguments.empty() && boost::json::serialize(arguments).size() <= kMaxArguments) {
        own.emplace("arguments", std::move(arguments));
    }
}

// srcip comes first in `data`: a decoder of the stock rules reads it only there.
boost::json::object essential_alert(const Action& action) {
    boost::json::object alert;
    if (!action.alert_id.empty()) alert.emplace("id", cut(action.alert_id, kMaxId));
    if (!action.rule_id.empty()) alert.emplace("rule", boost::json::object{{"id", cut(action.rule_id, kMaxId)}});
    boost::json::object data;
    if (!action.srcip.empty()) data.emplace("srcip", cut(action.srcip, kMaxText));
    if (!action.user.empty()) data.emplace("dstuser", cut(action.user, kMaxText));
    if (!data.empty()) alert.emplace("data", std::move(data));
    if (!action.filename.empty())
        alert.emplace("syscheck", boost::json::object{{"path", cut(action.filename, kMaxPath)}});
    return alert;
}

std::string essential_message(const Action& action, std::string_view command, boost::json::object own) {
    if (action.input.dialect == Dialect::Ossec) add_arguments(own, action.input);
    boost::json::object parameters{{"extra_args", boost::json::array{}},
                                   {"alert", essential_alert(action)},
                                   {"program", std::string(kProgramPrefix) + valid_utf8(action.executable)}};
    return boost::json::serialize(boost::json::object{{"version", 1},
                                                      {"origin", {{"name", ""}, {"module", "wazuh-execd"}}},
                                                      {"command", command},
                                                      {"parameters", std::move(parameters)},
                                                      {"riposte", std::move(own)}});
}

// The message with another command, and without a member that would pass for this program's own. Empty: it is no JSON
// object.
std::string rewritten(const std::string& message, std::string_view command) {
    const Result<Document> told = Document::parse(message);
    if (!told || !told->is_object()) return {};
    Document fresh = Document::object();
    for (const auto& [name, value] : told->members()) {
        if (name != "riposte") fresh.set(name, value);
    }
    fresh.set("command", Document::string(std::string(command)));
    return fresh.serialize();
}

// Empty: the message cannot stand in the log as it was told.
std::string told_message(const Action& action, Verb verb, std::string_view command) {
    if (action.input.dialect != Dialect::Wazuh4) return {};
    std::string message = action.input.line(verb);
    while (!message.empty() && message.back() == '\n') message.pop_back();
    if (message.size() > kMaxResponseLine) return {};
    if (command != verb_word(verb) || message.find("\"riposte\"") != std::string::npos)
        message = rewritten(message, command);
    const bool is_object = message.size() > 2 && message.front() == '{' && message.back() == '}';
    const bool is_one_line =
        std::none_of(message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
    return is_object && is_one_line ? valid_utf8(std::move(message)) : std::string();
}

std::string line_head(const std::string& executable, WallTime time) {
    std::string line = local_time(time, '/') + " ";
    line.append(kProgramPrefix).append(name_without_space(executable)).append(": ");
    return line;
}

}  // namespace

std::string response_text_line(const std::string& executable, const std::string& text, WallTime time) {
    std::string printable = valid_utf8(text.substr(0, kMaxText));
    std::ranges::replace_if(
        printable, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
    return line_head(executable, time) + printable + "\n";
}

std::string response_line(const Action& action, Verb verb, const Outcome& outcome, WallTime time) {
    const std::string_view command = was_let_act(outcome.kind) ? verb_word(verb) : "none";
    const boost::json::object own = own_member(action, verb, outcome);
    std::string line = line_head(action.executable, time);
    const std::string message = told_message(action, verb, command);
    const std::string own_text = ",\"riposte\":" + boost::json::serialize(own) + "}\n";
    if (!message.empty() && line.size() + message.size() + own_text.size() <= kMaxResponseLine) {
        return line.append(message, 0, message.size() - 1).append(own_text);
    }
    return line.append(essential_message(action, command, own)).append("\n");
}

}  // namespace riposte
