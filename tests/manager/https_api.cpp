// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/https_api.h"

#include "tests/manager/cipher.h"
#include "tests/manager/enrolment.h"
#include "tests/manager/signature.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace riposte::simulator {
namespace {

HttpsAnswer with_json(unsigned status, const boost::json::object& body) {
    return {status, boost::json::serialize(body)};
}

HttpsAnswer plain_error(unsigned status, std::string_view message) {
    return with_json(status, {{"error", message}, {"code", status}});
}

HttpsAnswer enrolment_error(unsigned status, std::string_view message) {
    return with_json(status, {{"error", {{"code", status}, {"message", message}}}});
}

std::optional<boost::json::object> object_in(std::string_view text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    return value.get_object();
}

std::string member(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

boost::json::array group_names(const Core& core) {
    boost::json::array groups;
    for (const std::string& group : core.options.groups) groups.emplace_back(group);
    return groups;
}

// As the manager's database gives it: JSON in a string. Its documentation shows an object.
boost::json::object task_json(const Task& task) {
    boost::json::value payload(task.payload);
    if (task.as_object) payload = boost::json::parse(task.payload);
    return {{"task_id", task.id}, {"task_type", task.type}, {"payload", payload}};
}

unsigned status_of(const std::string& reason) {
    return reason.starts_with("Duplicate") ? 409 : 400;
}

}  // namespace

HttpsAnswer HttpsApi::answer(const HttpsRequest& request) {
    ++core_.counts.https_requests;
    if (core_.https.unavailable > 0) {
        --core_.https.unavailable;
        return plain_error(503, "Service unavailable");
    }
    if (request.too_large) return plain_error(413, "Payload too large");
    if (!request.content_encoding.empty()) return plain_error(415, "Unsupported content encoding");
    if (request.method != "POST") return plain_error(405, "Method not allowed");
    if (request.target == "/enroll") return enrol(request);
    if (request.target != "/control" && request.target != "/download") return plain_error(404, "Not found");
    if (request.protocol_version != "1") return plain_error(400, "Invalid protocol version");
    Agent* agent = signer_of(request);
    if (agent == nullptr) {
        ++core_.counts.https_refused;
        core_.tell("https refused", {{"authorization", request.authorization}});
        return plain_error(401, "Invalid client authentication");
    }
    agent->heard = std::chrono::steady_clock::now();
    agent->view.transport = "https";
    return request.target == "/control" ? control(*agent, request) : download(request);
}

Agent* HttpsApi::signer_of(const HttpsRequest& request) {
    const auto authorization = parse_authorization(request.authorization, "Wazuh", true);
    if (!authorization || !is_in_time(authorization->time, core_.now())) return nullptr;
    Agent* agent = core_.registry.find(authorization->id);
    if (agent == nullptr || !allows(agent->view.key.ip, request.source)) return nullptr;
    const auto key = from_hex(agent->view.key.key);
    const auto mac = key ? cmac_hex(*key, request_text(request.method, request.target, authorization->id,
                                                       authorization->timestamp, request.body))
                         : std::nullopt;
    return mac && *mac == authorization->mac ? agent : nullptr;
}

HttpsAnswer HttpsApi::control(Agent& agent, const HttpsRequest& request) {
    const auto message = object_in(request.body);
    const std::string type = message ? member(*message, "type") : "";
    if (type == "startup") return startup(agent, *message);
    if (type == "notify") return notify(agent, *message);
    if (type != "shutdown") return with_json(400, {{"error", "invalid_request"}});
    ++agent.view.shutdowns;
    agent.view.connected = false;
    core_.tell("shutdown", {{"id", agent.view.key.id}});
    return with_json(200, {});
}

HttpsAnswer HttpsApi::startup(Agent& agent, const boost::json::object& message) {
    const std::string text = member(message, "version");
    const auto version = parse_version(text);
    if (!version || *version > parse_version(core_.options.version))
        return with_json(400, {{"error", "invalid_version"}});
    ++agent.view.startups;
    agent.view.startup_version = text;
    agent.view.connected = true;
    core_.tell("startup", {{"id", agent.view.key.id}, {"version", text}, {"transport", "https"}});
    return with_json(200, {{"limits", {{"fim", {{"file", 100000}}}}},
                           {"cluster", {{"name", "wazuh"}}},
                           {"agent", {{"groups", group_names(core_)}}}});
}

HttpsAnswer HttpsApi::notify(Agent& agent, const boost::json::object& message) {
    const boost::json::value* told = message.if_contains("agent");
    AgentView& view = agent.view;
    if (told != nullptr && told->is_object()) view.version = member(told->get_object(), "version");
    ++view.keepalives;
    agent.keepalive = std::chrono::steady_clock::now();
    view.connected = true;
    view.keepalive = boost::json::serialize(message);
    boost::json::array tasks;
    for (const Task& task : agent.tasks) tasks.push_back(task_json(task));
    agent.tasks.clear();  // delivered once, whatever becomes of the answer
    core_.tell("notify", {{"id", view.key.id}, {"version", view.version}, {"tasks", tasks.size()}});
    return with_json(200, {{"agent", {{"groups", group_names(core_)}, {"config_hash", sha256_hex(files_.merged())}}},
                           {"settings_hash", "0"},
                           {"vd_feed_offset", 0},
                           {"tasks", std::move(tasks)}});
}

HttpsAnswer HttpsApi::download(const HttpsRequest& request) const {
    const auto message = object_in(request.body);
    if (!message || member(*message, "resource_type") != "config") return plain_error(404, "Not found");
    return {200, files_.merged()};
}

bool HttpsApi::may_enrol(const HttpsRequest& request) const {
    const std::string& password = core_.options.password;
    if (password.empty()) return true;
    const auto authorization = parse_authorization(request.authorization, "WazuhEnroll", false);
    return authorization && is_in_time(authorization->time, core_.now()) &&
           authorization->mac ==
               cmac_hex(enrolment_key(password), enrolment_text(authorization->timestamp, request.body));
}

HttpsAnswer HttpsApi::enrol(const HttpsRequest& request) {
    const auto message = object_in(request.body);
    if (!may_enrol(request)) {
        ++core_.counts.https_refused;
        return enrolment_error(401, "Invalid password");
    }
    if (!message) return enrolment_error(400, "Invalid request for new agent");
    const EnrolmentRequest asked{member(*message, "name"), member(*message, "version"), member(*message, "groups"),
                                 member(*message, "ip"), member(*message, "key_hash")};
    const Decision decision = decide_enrolment(core_, asked, request.source);
    const HttpsAnswer answer = decision.key ? with_json(200, {{"id", decision.key->id},
                                                              {"name", decision.key->name},
                                                              {"ip", decision.key->ip},
                                                              {"key", decision.key->key}})
                                            : enrolment_error(status_of(decision.reason), decision.reason);
    core_.enrolments.push_back({asked.name, asked.version, asked.groups, asked.ip, asked.key_hash, true,
                                decision.key ? decision.key->line() : decision.reason, decision.key.has_value()});
    return answer;
}

}  // namespace riposte::simulator
