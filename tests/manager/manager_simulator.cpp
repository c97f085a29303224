// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/manager_simulator.h"

#include "tests/manager/cipher.h"
#include "tests/manager/parts.h"
#include "tests/support/wait.h"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace riposte::simulator {
namespace {

bool is_json(const std::string& text) {
    boost::system::error_code error;
    boost::json::parse(text, error);
    return !error;
}

}  // namespace

ManagerSimulator::ManagerSimulator(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ManagerSimulator::~ManagerSimulator() = default;

Result<std::unique_ptr<ManagerSimulator>> ManagerSimulator::start(Options options) {
    auto parts = std::make_unique<Parts>(std::move(options));
    try {
        const auto listening = parts->listen();
        if (!listening) return listening.error();
    } catch (const boost::system::system_error& error) {
        return Error{error.code(), "use the certificate"};
    }
    parts->run();
    return std::unique_ptr<ManagerSimulator>(new ManagerSimulator(std::move(parts)));
}

std::uint16_t ManagerSimulator::port() const {
    return parts_->on_loop([this] { return parts_->port; });
}

std::uint16_t ManagerSimulator::enrolment_port() const {
    return parts_->on_loop([this] { return parts_->enrolment_port; });
}

std::uint16_t ManagerSimulator::https_port() const {
    return parts_->on_loop([this] { return parts_->https_port; });
}

KeyEntry ManagerSimulator::add_agent(KeyEntry entry) {
    return parts_->on_loop([&] {
        Registry& registry = parts_->core.registry;
        if (entry.id.empty()) entry.id = registry.next_id(parts_->core.options.kind);
        if (entry.key.empty()) entry.key = Registry::new_key();
        return registry.add(std::move(entry)).view.key;
    });
}

void ManagerSimulator::remove_agent(const std::string& id) {
    parts_->on_loop([&] { parts_->core.registry.remove(id); });
}

std::optional<AgentView> ManagerSimulator::agent(const std::string& id) const {
    return parts_->on_loop([&]() -> std::optional<AgentView> {
        const Agent* agent = parts_->core.registry.find(id);
        if (agent == nullptr) return std::nullopt;
        return parts_->snapshot(*agent);
    });
}

std::vector<AgentView> ManagerSimulator::agents() const {
    return parts_->on_loop([this] {
        std::vector<AgentView> views;
        for (const auto& agent : parts_->core.registry.all()) views.push_back(parts_->snapshot(*agent));
        return views;
    });
}

std::vector<Event> ManagerSimulator::events(std::size_t first) const {
    return parts_->on_loop([&] {
        const auto& events = parts_->core.events;
        const auto begin = events.begin() + static_cast<std::ptrdiff_t>(std::min(first, events.size()));
        return std::vector<Event>(begin, events.end());
    });
}

std::vector<Enrolment> ManagerSimulator::enrolments() const {
    return parts_->on_loop([this] { return parts_->core.enrolments; });
}

Counts ManagerSimulator::counts() const {
    return parts_->on_loop([this] {
        Counts counts = parts_->core.counts;
        counts.open = parts_->tcp ? parts_->tcp->open() : 0;
        return counts;
    });
}

bool ManagerSimulator::wait_for_agent(const std::string& id, const std::function<bool(const AgentView&)>& condition,
                                      std::chrono::milliseconds limit) const {
    return test::wait_until(
        [&] {
            const auto view = agent(id);
            return view && condition(*view);
        },
        limit);
}

Result<void> ManagerSimulator::send_execd(const std::string& id, std::string_view body) {
    return send_payload(id, "#!-execd " + std::string(body));
}

std::size_t ManagerSimulator::send_execd_to_all(std::string_view body) {
    return parts_->on_loop([&] {
        std::size_t reached = 0;
        for (const auto& agent : parts_->core.registry.all())
            if (parts_->sender.send(*agent, "#!-execd " + std::string(body))) ++reached;
        return reached;
    });
}

Result<void> ManagerSimulator::send_payload(const std::string& id, std::string_view payload) {
    return parts_->with_agent(id, [&](Agent& agent) { return parts_->sender.send(agent, payload); });
}

Result<std::string> ManagerSimulator::request(const std::string& id, const std::string& text,
                                              std::chrono::milliseconds limit) {
    const auto promise = std::make_shared<std::promise<Result<std::string>>>();
    auto answer = promise->get_future();
    request(id, text, limit, [promise](Result<std::string> got) { promise->set_value(std::move(got)); });
    return answer.get();
}

void ManagerSimulator::request(const std::string& id, const std::string& text, std::chrono::milliseconds limit,
                               std::function<void(Result<std::string>)> answered) {
    parts_->on_loop([&] { parts_->requests.ask(id, text, limit, std::move(answered)); });
}

Result<void> ManagerSimulator::push_merged(const std::string& id) {
    return parts_->with_agent(id, [&](Agent& agent) {
        const std::string content = parts_->files.merged();
        return parts_->files.push(agent, "merged.mg", md5_hex(content), content);
    });
}

void ManagerSimulator::set_ar_conf(std::vector<std::string> lines) {
    parts_->on_loop([&] { parts_->core.options.ar_conf = std::move(lines); });
}

std::string ManagerSimulator::merged() const {
    return parts_->on_loop([this] { return parts_->files.merged(); });
}

Result<std::string> ManagerSimulator::queue_task(const std::string& id, Task task) {
    return parts_->on_loop([&]() -> Result<std::string> {
        Agent* agent = parts_->core.registry.find(id);
        if (agent == nullptr) return failure("agent " + id + " is unknown");
        if (!is_json(task.payload)) return failure("the payload of a task is JSON");
        if (task.id.empty()) task.id = "task-" + std::to_string(++parts_->last_task);
        agent->tasks.push_back(task);
        return task.id;
    });
}

}  // namespace riposte::simulator
