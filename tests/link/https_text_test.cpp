// SPDX-License-Identifier: Apache-2.0
#include "src/link/https_text.h"

#include "src/request/document.h"
#include "src/request/request.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;
using Type = Task::Type;

namespace {

const std::string kPayload = R"({"wazuh":{"active_response":{"name":"block-ip","executable":"block-ip"}},"n":1.50})";

std::string with_tasks(const std::string& tasks) {
    return R"({"agent":{"groups":["default"],"config_hash":"0"},"tasks":[)" + tasks + "]}";
}

std::string task(const std::string& id, const std::string& type, const std::string& payload) {
    return R"({"task_id":")" + id + R"(","task_type":")" + type + R"(","payload":)" + payload + "}";
}

std::string as_text(const std::string& json) {
    return Document::string(json).serialize();
}

}  // namespace

TEST_CASE("the bodies of control requests") {
    CHECK(control_startup_body("5.0.0") == R"({"type":"startup","version":"5.0.0"})");
    CHECK(control_shutdown_body() == R"({"type":"shutdown"})");
    HostNotice facts;
    facts.version = "5.0.0";
    CHECK(control_notify_body(facts) == R"({"type":"notify","agent":{"version":"5.0.0"}})");
    facts.hostname = "web01";
    facts.os_name = "Debian";
    CHECK(control_notify_body(facts) ==
          R"({"type":"notify","agent":{"version":"5.0.0"},"host":{"hostname":"web01","os":{"name":"Debian"}}})");
}

TEST_CASE("a key that is no AES key cannot sign") {
    for (const std::string key : {"", "k", "0123456789abcdef", "zz5837841492453cbe498cf731977f26"}) {
        CAPTURE(key);
        CHECK_FALSE(authorization({"001", "web01", "any", Secret(key)}, {"POST", "/control", "", 1}).has_value());
    }
}

TEST_CASE("a task's payload may be an object or a text") {
    const auto answer = read_control_answer(
        with_tasks(task("a", "active_response", kPayload) + "," + task("b", "active_response", as_text(kPayload)) +
                   "," + task("c", "agent_restart", "{}") + "," + task("d", "agent_reload", "null") + "," +
                   task("e", "remote_upgrade", "\"\"") + "," + task("f", "new_kind", "1")));
    REQUIRE(answer.has_value());
    CHECK(answer->config_hash == "0");
    CHECK(answer->groups == std::vector<std::string>{"default"});
    CHECK(answer->refusals.empty());
    const Type types[] = {Type::ActiveResponse, Type::ActiveResponse, Type::Restart,
                          Type::Reload,         Type::Upgrade,        Type::Unknown};
    REQUIRE(answer->tasks.size() == std::size(types));
    for (std::size_t i = 0; i < std::size(types); ++i) {
        CAPTURE(i);
        CHECK(answer->tasks[i].id == std::string(1, static_cast<char>('a' + i)));
        CHECK(static_cast<int>(answer->tasks[i].type) == static_cast<int>(types[i]));
        CHECK(answer->tasks[i].payload == (i < 2 ? kPayload : ""));
    }
    CHECK(answer->tasks[5].type_name == "new_kind");
}

TEST_CASE("a task that cannot be read is refused without the others") {
    const std::pair<std::string, std::string> cases[] = {
        {"17", "no object"},
        {"{}", "no id"},
        {task("", "active_response", "{}"), "no id"},
        {task("a\\nb", "active_response", "{}"), "no id"},
        {task(std::string(257, 'i'), "active_response", "{}"), "no id"},
        {R"({"task_id":"x","task_type":"active_response"})", "no payload"},
        {task("x", "active_response", "[1]"), "neither"},
        {task("x", "active_response", as_text(std::string(65'537, 'p'))), "65536"},
    };
    for (const auto& each : cases) {
        const auto& bad = each.first;
        const auto& part = each.second;
        CAPTURE(bad);
        const auto answer = read_control_answer(with_tasks(bad + "," + task("good", "active_response", kPayload)));
        REQUIRE(answer.has_value());
        REQUIRE(answer->refusals.size() == 1);
        CHECK(answer->refusals[0].find(part) != std::string::npos);
        REQUIRE(answer->tasks.size() == 1);
        CHECK(answer->tasks[0].id == "good");
    }
}

TEST_CASE("an answer is bounded") {
    std::string many = task("0", "agent_reload", "0");
    for (std::size_t i = 1; i < kMaxTasks + 10; ++i) many += "," + task(std::to_string(i), "agent_reload", "0");
    const auto answer = read_control_answer(with_tasks(many));
    REQUIRE(answer.has_value());
    CHECK(answer->tasks.size() == kMaxTasks);
    CHECK(answer->refusals.size() == 1);

    std::string wrong = "1";
    for (int i = 0; i < 100; ++i) wrong += ",1";
    const auto refused = read_control_answer(with_tasks(wrong));
    REQUIRE(refused.has_value());
    CHECK(refused->refusals.size() == 20);
}

TEST_CASE("an answer that is no object is an error, and one without tasks is none") {
    for (const std::string& body : {std::string(), std::string("[]"), std::string("{"), std::string("{} x"),
                                    std::string(kMaxHttpsAnswerBytes + 1, ' ')}) {
        CHECK_FALSE(read_control_answer(body).has_value());
    }
    for (const std::string body : {"{}", R"({"tasks":null,"agent":null})", R"({"tasks":{},"agent":{"groups":"x"}})",
                                   R"({"limits":{},"cluster":{"name":"c"},"agent":{"groups":[1,"a"]}})"}) {
        CAPTURE(body);
        const auto answer = read_control_answer(body);
        REQUIRE(answer.has_value());
        CHECK(answer->tasks.empty());
        CHECK(answer->refusals.empty());
    }
}

TEST_CASE("a failure is told in one printable line") {
    CHECK(describe_https_failure(400, R"({"error":"invalid_version"})") == "HTTP status 400: invalid_version");
    CHECK(describe_https_failure(401, R"({"error":"Invalid client authentication","code":401})") ==
          "HTTP status 401: Invalid client authentication");
    CHECK(describe_https_failure(409, R"({"error":{"code":1,"message":"taken"}})") == "HTTP status 409: taken");
    CHECK(describe_https_failure(503, "") == "HTTP status 503");
    CHECK(describe_https_failure(500, "{}") == "HTTP status 500");
    CHECK(describe_https_failure(500, "a\nb") == "HTTP status 500: a\\x0ab");
    CHECK(describe_https_failure(500, std::string(10'000, 'x')).size() < 400);
}

TEST_CASE("the Date of an answer") {
    CHECK(parse_http_date("Tue, 24 Nov 2026 00:25:40 GMT") == 1'795'479'940);
    for (const std::string text : {"", "today", "2026", "Tue, 99 Foo 2026",
                                   "Tue, 24 Nov 2026 00:25:40 GMT and much more than a date has, really"})
        CHECK_FALSE(parse_http_date(text).has_value());
}
