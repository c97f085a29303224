// SPDX-License-Identifier: Apache-2.0
// Any bytes as a manager's message: it is classified within its own bounds, every request gets an answer, and an event
// made of it is one line.
#include "src/link/answers.h"
#include "src/link/messages.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;
using Kind = FromManager::Kind;

namespace {

bool is_inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_answer(const FromManager& message) {
    AgentReport facts;
    facts.repeated_offenders = {std::chrono::minutes(30)};
    const auto answer = answer_request(message.target, message.body, facts);
    require(!answer.text.empty() && answer.text.size() < 1'000, "every request has a bounded answer");
    require(answer.lock.count() >= 0 && answer.lock.count() <= 3'600, "a lock is bounded");
    const std::string text = answer_message(message.counter, answer.text);
    require(text == "#!-req " + std::string(message.counter) + " " + answer.text,
            "the answer has the request's counter");
    require(std::ranges::none_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x20; }), "and is one line");
}

void check_event(std::string_view text) {
    const std::string event = event_message('1', text.substr(0, 100), text, 1'000);
    require(event.size() <= 1'000, "an event is bounded");
    require(std::ranges::none_of(event, [](char c) { return static_cast<std::uint8_t>(c) < 0x20; }), "and one line");
    UnixHost host;
    host.name = host.machine = host.os_name = text;
    require(describe_host(host).find(" - ") == std::string::npos, "a host is no version");
    WindowsHost windows;
    windows.name = windows.machine = text;
    const std::string keepalive =
        keepalive_message(ManagerKind::Wazuh4, {describe_host(windows), "v1.2.3", "", "", "", {}, ""});
    require(keepalive.find(" - ") == keepalive.find(" - Wazuh v1.2.3\n"), "the first separator is the version's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    const FromManager message = classify(payload);
    for (const std::string_view part : {message.body, message.counter, message.target, message.md5, message.name})
        require(is_inside(part, payload), "what is found is part of the message");
    require((message.kind == Kind::FileChunk) == !payload.starts_with("#!-"), "a chunk is what is no control message");
    require((message.kind == Kind::Malformed) == !message.problem.empty(), "what is malformed has a problem");
    if (message.kind == Kind::Execute) require(message.body.size() <= kMaxExecuteBytes, "a body is bounded");
    if (message.kind == Kind::FileStart)
        require(message.md5.size() == 32 && message.name.size() <= 255, "a file has a name");
    if (message.kind == Kind::Request) check_answer(message);
    check_event(payload);
    return 0;
}
