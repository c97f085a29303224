// SPDX-License-Identifier: Apache-2.0
#include "src/link/enrol_text.h"

#include "tests/link/sample_keys.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;
using riposte::test::kAgentKey;

namespace {

EnrolRequest named(const std::string& name) {
    EnrolRequest request;
    request.name = name;
    return request;
}

EnrolRequest full() {
    EnrolRequest request = named("web01");
    request.password = Secret("secret word");
    request.version = "v4.14.7";
    request.groups = {"default", "web"};
    request.ip = "src";
    request.key_hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
    return request;
}

std::string message(const EnrolRequest& request) {
    const auto text = enrol_message(request);
    return text ? std::string(text->view()) : "error: " + text.error().text();
}

}  // namespace

TEST_CASE("a classic request has its fields in the order that managers read") {
    CHECK(message(named("web01")) == "OSSEC A:'web01'\n");
    CHECK(message(full()) ==
          "OSSEC PASS: secret word OSSEC A:'web01' V:'v4.14.7' G:'default,web' IP:'src' "
          "K:'a9993e364706816aba3e25717850c26c9cd0d89d'\n");
}

TEST_CASE("a request that managers would read otherwise is not made") {
    EnrolRequest cases[9];
    for (EnrolRequest& each : cases) each = full();
    cases[0].name = "web 01";
    cases[1].name = "a' V:'v9";
    cases[2].version = "v4' G:'x";
    cases[3].groups = {"a,b"};
    cases[4].groups = {""};
    cases[5].ip = "nowhere";
    cases[6].key_hash = "abc";
    cases[7].password = Secret("two\nlines");
    cases[8].groups.assign(500, "a-group-name");
    for (const EnrolRequest& each : cases) {
        const std::string text = message(each);
        CAPTURE(text);
        CHECK(text.starts_with("error: "));
        CHECK(text.find("lines") == std::string::npos);
    }
    CHECK_FALSE(enrol_body(cases[0]).has_value());
}

TEST_CASE("the key in an answer is taken as it was given") {
    for (const std::string tail : {"", "\n\n", "\r\n", "\nmore"}) {
        const auto key = read_enrol_answer("OSSEC K:'1024 web012 192.0.2.0/24 " + kAgentKey + "'" + tail);
        REQUIRE(key.has_value());
        CHECK(key->id == "1024");
        CHECK(key->name == "web012");
        CHECK(key->ip == "192.0.2.0/24");
        CHECK(key->key.view() == kAgentKey);
    }
}

TEST_CASE("an answer without a key tells why") {
    const std::pair<std::string, std::string> cases[] = {
        {"", "password wrong"},
        {"ERROR: Duplicate agent name: web01. Unable to add agent", "Duplicate agent name: web01"},
        {"ERROR: Invalid password\n\nERROR: Unable to add agent\n\n", "ERROR: Invalid password"},
        {"ERROR:\x1b[2J", "\\x1b"},
        {"HTTP/1.1 400 Bad Request", "neither a key nor an error"},
        {"OSSEC K:'", "neither a key nor an error"},
        {"OSSEC K:''", "not valid"},
        {"OSSEC K:'001 web01 any'", "not valid"},
        {"OSSEC K:'001 web01 any " + kAgentKey + " x'", "not valid"},
        {"OSSEC K:'001 ../web any " + kAgentKey + "'", "not valid"},
        {std::string(kMaxEnrolAnswerBytes + 1, 'x'), "too long"},
    };
    for (const auto& each : cases) {
        const auto& answer = each.first;
        const auto& part = each.second;
        CAPTURE(answer);
        const auto key = read_enrol_answer(answer);
        REQUIRE_FALSE(key.has_value());
        CHECK(key.error().text().find(part) != std::string::npos);
        CHECK(key.error().text().find(kAgentKey) == std::string::npos);
        CHECK(key.error().text().size() < 500);
    }
}

TEST_CASE("Wazuh 5's request is a document without the password") {
    CHECK(*enrol_body(full()) ==
          "{\"name\":\"web01\",\"version\":\"v4.14.7\",\"groups\":\"default,web\",\"ip\":\"src\",\"key_hash\":"
          "\"a9993e364706816aba3e25717850c26c9cd0d89d\"}");
    CHECK(*enrol_body(named("web01")) == "{\"name\":\"web01\",\"version\":\"\"}");
}

TEST_CASE("Wazuh 5's answer is a key or a reason") {
    const auto key = read_enrol_body(200, R"({"id":"001","name":"web01","ip":"any","key":")" + kAgentKey + "\"}");
    REQUIRE(key.has_value());
    CHECK(key->id == "001");
    CHECK(key->key.view() == kAgentKey);
    const struct {
        int status;
        std::string body, part;
    } cases[] = {
        {409, R"({"error":{"code":9008,"message":"Duplicate name: web01"}})", "HTTP status 409: Duplicate name: web01"},
        {401, "", "HTTP status 401"},
        {500, "<html>", "HTTP status 500: <html>"},
        {200, "", "no JSON"},
        {200, "[]", "lacks"},
        {200, R"({"id":"001","name":"web01","ip":"any"})", "lacks"},
        {200, R"({"id":1,"name":"web01","ip":"any","key":"k"})", "lacks"},
        {200, R"({"id":"001","name":"web01","ip":"any","key":"a b"})", "not valid"},
        {200, R"({"id":"001","name":"w","ip":"any","key":"k"})", "not valid"},
        {200, std::string(kMaxEnrolAnswerBytes + 1, ' '), "too long"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.body);
        const auto refused = read_enrol_body(each.status, each.body);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().text().find(each.part) != std::string::npos);
    }
}
