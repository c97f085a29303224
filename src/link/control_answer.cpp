// SPDX-License-Identifier: Apache-2.0
// Reads the answers of a Wazuh 5 manager over HTTPS (declared in https_text.h).
#include "src/link/https_text.h"
#include "src/request/document.h"
#include "src/request/request.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <array>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxTaskRefusals = 20;
constexpr std::size_t kMaxTypeNameBytes = 64;
constexpr std::size_t kMaxGroups = 256;
constexpr std::size_t kMaxGroupBytes = 255;
constexpr std::size_t kMaxHashBytes = 128;
constexpr std::size_t kMaxFailureBytes = 300;

std::string task_text(const Document& object, std::string_view name) {
    const Document* const member = object.find(name);
    return member != nullptr && (member->is_string() || member->is_number()) ? member->text() : "";
}

Task::Type task_type(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Task::Type>, 4> kTypes{{
        {"active_response", Task::Type::ActiveResponse},
        {"agent_restart", Task::Type::Restart},
        {"agent_reload", Task::Type::Reload},
        {"remote_upgrade", Task::Type::Upgrade},
    }};
    const auto* const found = std::ranges::find(kTypes, name, [](const auto& each) { return each.first; });
    return found == kTypes.end() ? Task::Type::Unknown : found->second;
}

// The documentation shows an object; the manager's store hands out the text that it was given.
Result<std::string> payload_text(const Document& task) {
    const Document* const payload = task.find("payload");
    if (payload == nullptr) return failure("it has no payload");
    std::string text;
    if (payload->is_string()) {
        text = payload->text();
    } else if (payload->is_object()) {
        text = payload->serialize();
    } else {
        return failure("its payload is neither an object nor a text");
    }
    if (text.size() > kMaxRequestBytes)
        return failure("its payload has " + std::to_string(text.size()) + " bytes, where 65536 are legal");
    return text;
}

Result<Task> read_task(const Document& document) {
    if (!document.is_object()) return failure("a task is no object");
    Task task;
    task.id = task_text(document, "task_id");
    if (task.id.empty() || task.id.size() > kMaxTaskIdBytes || has_control_characters(task.id))
        return failure("a task has no id of 1 to 256 printable bytes");
    const std::string type = task_text(document, "task_type");
    task.type = task_type(type);
    task.type_name = printable(type, kMaxTypeNameBytes);
    if (task.type != Task::Type::ActiveResponse) return task;
    auto payload = payload_text(document);
    if (!payload) return failure("task " + quoted(task.id) + " is refused: " + payload.error().text());
    task.payload = std::move(*payload);
    return task;
}

void refuse(ControlAnswer& answer, std::string sentence) {
    if (answer.refusals.size() < kMaxTaskRefusals) answer.refusals.push_back(std::move(sentence));
}

void read_tasks(const Document& tasks, ControlAnswer& answer) {
    for (const Document& each : tasks.items()) {
        if (answer.tasks.size() == kMaxTasks) {
            refuse(answer, "only the first " + std::to_string(kMaxTasks) + " tasks of an answer are taken");
            return;
        }
        auto task = read_task(each);
        if (task) {
            answer.tasks.push_back(std::move(*task));
        } else {
            refuse(answer, task.error().text());
        }
    }
}

void read_groups(const Document& groups, ControlAnswer& answer) {
    for (const Document& each : groups.items()) {
        if (answer.groups.size() == kMaxGroups) return;
        if (each.is_string() && each.text().size() <= kMaxGroupBytes) answer.groups.push_back(each.text());
    }
}

// {"error":"word"} or {"error":{"code":N,"message":"..."}}.
std::string word_of(const Document& answer) {
    const Document* const error = answer.find("error");
    if (error == nullptr) return {};
    return error->is_object() ? task_text(*error, "message") : task_text(answer, "error");
}

}  // namespace

Result<ControlAnswer> read_control_answer(std::string_view body) {
    if (body.size() > kMaxHttpsAnswerBytes) return failure("the manager's answer is larger than 4 MiB");
    const auto document = Document::parse(body);
    if (!document) return failure("the manager's answer is not valid: " + document.error().text());
    if (!document->is_object()) return failure("the manager's answer is no JSON object");
    ControlAnswer answer;
    if (const Document* const agent = document->find("agent"); agent != nullptr) {
        answer.config_hash = task_text(*agent, "config_hash").substr(0, kMaxHashBytes);
        if (const Document* const groups = agent->find("groups"); groups != nullptr) read_groups(*groups, answer);
    }
    if (const Document* const tasks = document->find("tasks"); tasks != nullptr) read_tasks(*tasks, answer);
    return answer;
}

std::string describe_https_failure(int status, std::string_view body) {
    std::string text = "HTTP status " + std::to_string(status);
    if (body.empty() || body.size() > kMaxHttpsAnswerBytes) return text;
    const auto document = Document::parse(body);
    const std::string word = document ? word_of(*document) : std::string(body);
    return word.empty() ? text : text + ": " + printable(word, kMaxFailureBytes);
}

}  // namespace riposte
