// SPDX-License-Identifier: Apache-2.0
#include "src/link/messages.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <array>
#include <optional>

namespace riposte {
namespace {

using Kind = FromManager::Kind;

constexpr std::string_view kControlStart = "#!-";
constexpr std::size_t kMaxCounterDigits = 16;
constexpr std::size_t kMaxTargetBytes = 64;
constexpr std::size_t kMaxFileNameBytes = 255;
constexpr std::size_t kMd5Digits = 32;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_word_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.';
}

bool is_word(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most && std::ranges::all_of(text, is_word_character);
}

// Up to the first space, which is dropped.
std::string_view take_field(std::string_view& text) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return field;
}

FromManager with_body(Kind kind, std::string_view body) {
    FromManager message;
    message.kind = kind;
    message.body = body;
    return message;
}

FromManager malformed(std::string_view control, std::string_view problem) {
    FromManager message = with_body(Kind::Malformed, control);
    message.problem = problem;
    return message;
}

FromManager read_request(std::string_view control, std::string_view rest) {
    FromManager message;
    message.counter = take_field(rest);
    message.target = take_field(rest);
    message.body = rest;
    const bool is_counter = !message.counter.empty() && message.counter.size() <= kMaxCounterDigits &&
                            std::ranges::all_of(message.counter, is_hex_digit);
    if (!is_counter) return malformed(control, "the request's counter is not 1 to 16 hex digits");
    if (!is_word(message.target, kMaxTargetBytes)) return malformed(control, "the request's target is no word");
    message.kind = message.target == "ack" && rest.empty() ? Kind::RequestAck : Kind::Request;
    return message;
}

FromManager read_file_start(std::string_view control, std::string_view rest) {
    FromManager message;
    message.kind = Kind::FileStart;
    message.md5 = take_field(rest);
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    message.name = rest;
    if (message.md5.size() != kMd5Digits || !std::ranges::all_of(message.md5, is_hex_digit))
        return malformed(control, "the file's MD5 is not 32 hex digits");
    if (rest.empty() || rest.size() > kMaxFileNameBytes || has_control_characters(rest))
        return malformed(control, "the file's name is empty, too long or has control characters");
    return message;
}

FromManager read_execute(std::string_view control, std::string_view rest) {
    if (rest.size() > kMaxExecuteBytes) return malformed(control, "the response's body is longer than 65399 bytes");
    return with_body(Kind::Execute, rest);
}

// Messages for modules of a full agent that this one does not have, such as syscheck. `word`: the message's first word.
bool is_for_other_module(std::string_view word) {
    static constexpr std::array<std::string_view, 5> kStarts{"syscheck", "fim_", "syscollector_", "sca-dump", "sca_"};
    return word.ends_with("_sync") ||
           std::ranges::any_of(kStarts, [word](std::string_view start) { return word.starts_with(start); });
}

std::optional<std::string_view> behind(std::string_view text, std::string_view start) {
    if (!text.starts_with(start)) return {};
    return text.substr(start.size());
}

}  // namespace

FromManager classify(std::string_view payload) {
    const auto after = behind(payload, kControlStart);
    if (!after) return with_body(Kind::FileChunk, payload);
    const std::string_view control = *after;
    if (const auto rest = behind(control, "execd ")) return read_execute(control, *rest);
    if (const auto rest = behind(control, "req ")) return read_request(control, *rest);
    if (const auto rest = behind(control, "up file ")) return read_file_start(control, *rest);
    if (control.starts_with("close file")) return with_body(Kind::FileEnd, {});
    if (control.starts_with("force_reconnect")) return with_body(Kind::ForceReconnect, {});
    if (auto rest = behind(control, "agent ack")) {
        if (rest->starts_with(' ')) rest->remove_prefix(1);
        return with_body(Kind::Ack, *rest);
    }
    if (const auto rest = behind(control, "err ")) return with_body(Kind::Refusal, *rest);
    std::string_view rest = control;
    if (const auto word = take_field(rest); is_for_other_module(word)) return with_body(Kind::Ignored, word);
    return with_body(Kind::Unknown, control);
}

}  // namespace riposte
