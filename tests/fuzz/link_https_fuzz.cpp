// SPDX-License-Identifier: Apache-2.0
// Any bytes as an answer of Wazuh 5's HTTPS channel: tasks and reasons are bounded, and a document that comes as a text
// says the same as one that comes as an object.
#include "src/link/https_text.h"
#include "src/request/document.h"
#include "src/request/request.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

void check_task(const Task& task) {
    require(!task.id.empty() && task.id.size() <= kMaxTaskIdBytes, "an id is bounded");
    require(task.id.find('\n') == std::string::npos, "an id is one line");
    require(task.payload.size() <= kMaxRequestBytes, "a payload is bounded");
    require(task.payload.empty() || task.type == Task::Type::ActiveResponse, "only a response has a payload");
}

// The document as an object and as a text.
void check_both_forms(std::string_view text) {
    const auto document = Document::parse(text);
    if (!document || !document->is_object()) return;
    const std::string json = document->serialize();
    const std::string start = R"({"tasks":[{"task_id":"1","task_type":"active_response","payload":)";
    const auto object = read_control_answer(start + json + "}]}");
    const auto as_text = read_control_answer(start + Document::string(json).serialize() + "}]}");
    if (!object || !as_text) return;  // the one is nested deeper than the other
    require(object->tasks.size() == as_text->tasks.size(), "both forms are taken");
    if (!object->tasks.empty()) require(object->tasks[0].payload == as_text->tasks[0].payload, "and say the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    if (const auto answer = read_control_answer(body)) {
        require(answer->tasks.size() <= kMaxTasks, "tasks are bounded");
        require(answer->refusals.size() <= 20, "reasons are bounded");
        for (const Task& task : answer->tasks) check_task(task);
        for (const std::string& reason : answer->refusals) require(reason.size() < 1'000, "a reason is bounded");
    }
    const std::string failure = describe_https_failure(500, body);
    require(failure.size() < 2'000 && failure.find('\n') == std::string::npos, "a failure is one bounded line");
    check_both_forms(body);
    parse_http_date(body);
    return 0;
}
