// SPDX-License-Identifier: Apache-2.0
#include "src/link/enrol_text.h"

#include "src/link/https_text.h"
#include "src/request/document.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <cstdint>

namespace riposte {
namespace {

// OSSEC reads no more at once.
constexpr std::size_t kMaxEnrolRequestBytes = 4'096;
constexpr std::size_t kMaxReasonBytes = 300;
constexpr std::size_t kSha1Digits = 40;
constexpr std::string_view kKeyStart = "OSSEC K:'";
constexpr std::string_view kErrorStart = "ERROR:";

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) { return static_cast<std::uint8_t>(c) > 0x20 && c != 0x7F && c != '\''; });
}

Result<void> check_group(const std::string& group) {
    if (!group.empty() && is_plain(group) && group.find(',') == std::string::npos) return {};
    return failure("the group " + quoted(group) + " is empty or has a quote, a comma or white space");
}

Result<void> check_password(const Secret& password) {
    if (password.view().find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) return {};
    return failure("the enrolment password has a line end inside");
}

Result<void> check_request(const EnrolRequest& request) {
    if (auto checked = check_agent_name(request.name); !checked) return checked;
    if (auto checked = check_password(request.password); !checked) return checked;
    if (!is_plain(request.version)) return failure("the version " + quoted(request.version) + " is no version");
    for (const std::string& group : request.groups) {
        if (auto checked = check_group(group); !checked) return checked;
    }
    if (!request.ip.empty() && request.ip != "src") {
        if (auto checked = check_agent_ip(request.ip); !checked) return checked;
    }
    if (!request.key_hash.empty() && (request.key_hash.size() != kSha1Digits || !is_plain(request.key_hash)))
        return failure("the hash of the present key is no SHA-1");
    return {};
}

std::string joined(const std::vector<std::string>& groups) {
    std::string text;
    for (const std::string& group : groups) text += (text.empty() ? "" : ",") + group;
    return text;
}

void append_field(Secret& message, std::string_view letter, std::string_view value) {
    if (value.empty()) return;
    message.append(" ");
    message.append(letter);
    message.append(":'");
    message.append(value);
    message.append("'");
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find_first_of("\r\n"));
}

Error manager_says(std::string_view reason) {
    return failure("the manager refuses to enrol this agent: " + printable(reason, kMaxReasonBytes));
}

Error not_valid(const Error& error) {
    return failure("the key that the manager sent is not valid: " + error.text());
}

const std::string* text_member(const Document& object, std::string_view name) {
    const Document* member = object.find(name);
    return member != nullptr && member->is_string() ? &member->text() : nullptr;
}

}  // namespace

Result<Secret> enrol_message(const EnrolRequest& request) {
    if (auto checked = check_request(request); !checked) return checked.error();
    Secret message;
    if (!request.password.empty()) {
        message.append("OSSEC PASS: ");
        message.append(request.password.view());
        message.append(" ");
    }
    message.append("OSSEC A:'");
    message.append(request.name);
    message.append("'");
    // In this order: a field out of it is passed over.
    append_field(message, "V", request.version);
    append_field(message, "G", joined(request.groups));
    append_field(message, "IP", request.ip);
    append_field(message, "K", request.key_hash);
    message.append("\n");
    if (message.size() > kMaxEnrolRequestBytes) return failure("the enrolment request is longer than 4096 bytes");
    return message;
}

Result<AgentKey> read_enrol_answer(std::string_view answer) {
    if (answer.empty())
        return failure("the manager closed the connection without an answer: is the enrolment password wrong?");
    if (answer.size() > kMaxEnrolAnswerBytes) return failure("the manager's answer to the enrolment is too long");
    // Some managers say the same in other words on a second line.
    if (answer.starts_with(kErrorStart)) return manager_says(first_line(answer));
    const auto start = answer.find(kKeyStart);
    const auto end = answer.rfind('\'');
    if (start == std::string_view::npos || end < start + kKeyStart.size())
        return failure("the manager's answer to the enrolment is neither a key nor an error");
    const auto fields = answer.substr(start + kKeyStart.size(), end - start - kKeyStart.size());
    auto key = parse_agent_key(fields);
    if (!key) return not_valid(key.error());
    return key;
}

Result<std::string> enrol_body(const EnrolRequest& request) {
    if (auto checked = check_request(request); !checked) return checked.error();
    Document body = Document::object();
    body.append("name", Document::string(request.name));
    body.append("version", Document::string(request.version));
    if (!request.groups.empty()) body.append("groups", Document::string(joined(request.groups)));
    if (!request.ip.empty()) body.append("ip", Document::string(request.ip));
    if (!request.key_hash.empty()) body.append("key_hash", Document::string(request.key_hash));
    return body.serialize();
}

Result<AgentKey> read_enrol_body(int status, std::string_view body) {
    if (status != 200)
        return failure("the manager refuses to enrol this agent: " + describe_https_failure(status, body));
    if (body.size() > kMaxEnrolAnswerBytes) return failure("the manager's answer to the enrolment is too long");
    const auto document = Document::parse(body);
    if (!document) return failure("the manager's answer to the enrolment is no JSON");
    const std::string* const id = text_member(*document, "id");
    const std::string* const name = text_member(*document, "name");
    const std::string* const ip = text_member(*document, "ip");
    const std::string* const key = text_member(*document, "key");
    if (id == nullptr || name == nullptr || ip == nullptr || key == nullptr)
        return failure("the manager's answer to the enrolment lacks id, name, ip or key");
    AgentKey agent{*id, *name, *ip, Secret(*key)};
    if (auto checked = check_agent_key(agent); !checked) return not_valid(checked.error());
    return agent;
}

}  // namespace riposte
