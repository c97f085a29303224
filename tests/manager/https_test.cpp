// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/cipher.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/raw_agent.h"
#include "tests/manager/signature.h"
#include "tests/manager/started.h"
#include "tests/support/files.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace riposte::simulator;

namespace {

struct HttpsReply {
    unsigned status = 0;  // 0: no answer
    std::string head;
    std::string body;

    boost::json::object json() const { return boost::json::parse(body).as_object(); }
};

std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

HttpsReply post(const ManagerSimulator& simulator, const std::string& target, const std::string& body,
                const std::string& headers, int highest_tls = 0) {
    TlsCall call;
    call.port = simulator.https_port();
    call.highest = highest_tls;
    call.text = "POST " + target + " HTTP/1.1\r\nHost: manager\r\nConnection: close\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const auto answer = call_tls(call);
    HttpsReply reply;
    if (!answer || !answer->starts_with("HTTP/1.1 ")) return reply;
    const std::size_t end = answer->find("\r\n\r\n");
    reply.status = static_cast<unsigned>(std::stoul(answer->substr(9, 3)));
    reply.head = answer->substr(0, end);
    reply.body = answer->substr(end + 4);
    return reply;
}

std::string signature(const KeyEntry& key, const std::string& target, const std::string& body, std::int64_t time) {
    const std::string stamp = std::to_string(time);
    const auto mac = cmac_hex(from_hex(key.key).value(), request_text("POST", target, key.id, stamp, body));
    return "protocol-version: 1\r\nAuthorization: Wazuh " + key.id + ":" + stamp + ":" + mac.value() + "\r\n";
}

HttpsReply signed_post(const ManagerSimulator& simulator, const KeyEntry& key, const std::string& target,
                       const std::string& body) {
    return post(simulator, target, body, signature(key, target, body, unix_now()));
}

std::unique_ptr<ManagerSimulator> with_https(Options options = {}) {
    options.kind = Kind::Wazuh5;
    options.https = true;
    return started(std::move(options));
}

constexpr auto kNotify = R"({"type":"notify","agent":{"version":"5.0.0"}})";

std::string error_of(const HttpsReply& reply) {
    return std::string(reply.json().at("error").at("message").as_string());
}

}  // namespace

TEST_CASE("signatures are those of the managers") {
    const auto document = boost::json::parse(riposte::test::read_file(RIPOSTE_TEST_DATA "/link/vectors.json"));
    std::size_t seen = 0;
    for (const auto& value : document.at("https").as_array()) {
        const auto& vector = value.as_object();
        const auto text = [&](const char* name) { return std::string(vector.at(name).as_string()); };
        CAPTURE(text("name"));
        const std::string stamp = std::to_string(vector.at("timestamp").to_number<std::int64_t>());
        const bool enrols = text("scheme") == "WazuhEnroll";
        const std::string key = enrols ? enrolment_key(text("password")) : from_hex(text("key_hex")).value();
        const std::string canonical =
            enrols ? enrolment_text(stamp, text("body"))
                   : request_text(text("method"), text("target"), text("agent_id"), stamp, text("body"));
        if (enrols) CHECK(hex(key) == text("derived_key_hex"));
        CHECK(canonical == from_hex(text("canonical_hex")).value());
        CHECK(cmac_hex(key, canonical) == text("mac"));
        ++seen;
    }
    CHECK(seen >= 6);
    CHECK_FALSE(cmac_hex("short", "text").has_value());
}

TEST_CASE("startup, notify with tasks, shutdown") {
    Options options;
    options.shared_files["agent.conf"] = "<agent_config/>\n";
    const auto simulator = with_https(options);
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});

    const HttpsReply startup = signed_post(*simulator, key, "/control", R"({"type":"startup","version":"5.0.0"})");
    CHECK(startup.status == 200);
    CHECK(startup.json().contains("limits"));
    CHECK(simulator->agent(key.id)->connected);
    CHECK(simulator->agent(key.id)->transport == "https");

    const std::string document = R"({"wazuh":{"active_response":{"name":"block-ip"}}})";
    CHECK(*simulator->queue_task(key.id, {"", "active_response", document}) == "task-1");
    CHECK(*simulator->queue_task(key.id, {"t2", "agent_restart", "{}", true}) == "t2");
    CHECK(simulator->queue_task(key.id, {"", "active_response", "{"}).has_error());
    CHECK(simulator->queue_task("044", {"", "active_response", "{}"}).has_error());

    CHECK(simulator->agent(key.id)->tasks == 2);

    const HttpsReply notify = signed_post(*simulator, key, "/control", kNotify);
    REQUIRE(notify.status == 200);
    const auto tasks = notify.json().at("tasks").as_array();
    REQUIRE(tasks.size() == 2);
    CHECK(tasks[0].at("task_id").as_string() == "task-1");
    CHECK(tasks[0].at("task_type").as_string() == "active_response");
    CHECK(tasks[0].at("payload").as_string() == document);
    CHECK(tasks[1].at("payload").is_object());
    CHECK(notify.json().at("agent").at("config_hash").as_string() == sha256_hex(simulator->merged()));
    CHECK(simulator->agent(key.id)->tasks == 0);
    CHECK(signed_post(*simulator, key, "/control", kNotify).json().at("tasks").as_array().empty());
    CHECK(simulator->agent(key.id)->keepalives == 2);
    CHECK(simulator->agent(key.id)->version == "5.0.0");

    const HttpsReply file =
        signed_post(*simulator, key, "/download", R"({"resource_type":"config","resource_id":"default"})");
    CHECK(file.status == 200);
    CHECK(file.body == simulator->merged());

    CHECK(signed_post(*simulator, key, "/control", R"({"type":"shutdown"})").body == "{}");
    CHECK_FALSE(simulator->agent(key.id)->connected);
}

TEST_CASE("versions that are none or too new are refused") {
    const auto simulator = with_https();
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    for (const char* version : {"", "five", "5.1.0"}) {
        CAPTURE(version);
        const HttpsReply reply = signed_post(*simulator, key, "/control",
                                             std::string(R"({"type":"startup","version":")") + version + R"("})");
        CHECK(reply.status == 400);
        CHECK(reply.body == R"({"error":"invalid_version"})");
    }
    CHECK(signed_post(*simulator, key, "/control", "nonsense").status == 400);
}

TEST_CASE("credentials: every failure is the same 401, with the manager's date") {
    const auto simulator = with_https();
    const KeyEntry key = simulator->add_agent({"001", "web01", "any", ""});
    const KeyEntry elsewhere = simulator->add_agent({"002", "web02", "192.0.2.1", ""});
    KeyEntry wrong = key;
    wrong.key = std::string(64, 'a');
    KeyEntry unknown = key;
    unknown.id = "077";
    const std::int64_t now = unix_now();
    for (const std::string& headers :
         {signature(wrong, "/control", kNotify, now), signature(unknown, "/control", kNotify, now),
          signature(elsewhere, "/control", kNotify, now), signature(key, "/download", kNotify, now),
          signature(key, "/control", "other", now), signature(key, "/control", kNotify, now - 320),
          signature(key, "/control", kNotify, now + 50), std::string("protocol-version: 1\r\n"),
          std::string("protocol-version: 1\r\nAuthorization: Wazuh 001\r\n")}) {
        CAPTURE(headers);
        const HttpsReply reply = post(*simulator, "/control", kNotify, headers);
        CHECK(reply.status == 401);
        CHECK(reply.body == R"({"error":"Invalid client authentication","code":401})");
        CHECK(reply.head.find("\r\nDate: ") != std::string::npos);
    }
    CHECK(simulator->counts().https_refused == 9);
    CHECK(post(*simulator, "/control", kNotify, signature(key, "/control", kNotify, now - 250)).status == 200);
    CHECK(post(*simulator, "/control", kNotify, signature(key, "/control", kNotify, now).substr(21)).status == 400);
}

TEST_CASE("a manager whose clock is wrong refuses what is right") {
    const auto simulator = with_https();
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    simulator->set_clock_offset(std::chrono::hours(24 * 365));
    const HttpsReply refused = signed_post(*simulator, key, "/control", kNotify);
    CHECK(refused.status == 401);
    const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(
                                                      std::chrono::system_clock::now() + std::chrono::hours(24 * 365)))
                          .year();
    CHECK(refused.head.find(" " + std::to_string(static_cast<int>(year)) + " ") != std::string::npos);
    const std::int64_t its_now = unix_now() + std::int64_t{24} * 365 * 3600;
    CHECK(post(*simulator, "/control", kNotify, signature(key, "/control", kNotify, its_now)).status == 200);
}

TEST_CASE("limits and faults of HTTPS") {
    const auto simulator = with_https();
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    CHECK(signed_post(*simulator, key, "/control", std::string(65537, ' ')).status == 413);
    CHECK(post(*simulator, "/control", kNotify,
               signature(key, "/control", kNotify, unix_now()) + "Content-Encoding: gzip\r\n")
              .status == 415);
    CHECK(signed_post(*simulator, key, "/elsewhere", "{}").status == 404);
    CHECK(
        post(*simulator, "/control", kNotify, signature(key, "/control", kNotify, unix_now()), TLS1_2_VERSION).status ==
        0);

    simulator->set_https_unavailable(2);
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 503);
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 503);
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 200);

    REQUIRE(simulator->queue_task(key.id, {"", "active_response", "{}"}).has_value());
    simulator->lose_https_answers(1);
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 0);
    CHECK(signed_post(*simulator, key, "/control", kNotify).json().at("tasks").as_array().empty());

    simulator->stop();
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 0);
    REQUIRE(simulator->start_again().has_value());
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 200);
}

TEST_CASE("enrolment over HTTPS") {
    Options options;
    options.password = "MyEnrollmentSecret123";
    options.groups = {"default", "web"};
    const auto simulator = with_https(options);
    const auto enrol = [&](const std::string& body, const std::string& password) {
        const std::string stamp = std::to_string(unix_now());
        return post(*simulator, "/enroll", body,
                    "Authorization: WazuhEnroll " + stamp + ":" +
                        cmac_hex(enrolment_key(password), enrolment_text(stamp, body)).value() + "\r\n");
    };
    const std::string body = R"({"name":"web01","version":"5.0.0","groups":"web","ip":"10.0.0.15"})";
    CHECK(enrol(body, "wrong").status == 401);
    CHECK(post(*simulator, "/enroll", body, "").status == 401);
    const HttpsReply enrolled = enrol(body, options.password);
    REQUIRE(enrolled.status == 200);
    CHECK(enrolled.json().at("id").as_string() == "001");
    CHECK(enrolled.json().at("ip").as_string() == "10.0.0.15");
    CHECK(enrolled.json().at("key").as_string() == simulator->agent("001")->key.key);
    const HttpsReply again = enrol(body, options.password);
    CHECK(again.status == 409);
    CHECK(error_of(again) == "Duplicate agent name: web01");
    CHECK(enrol(R"({"name":"x"})", options.password).status == 400);
    CHECK(enrol("nonsense", options.password).status == 400);
    CHECK(error_of(enrol(R"({"name":"web02","groups":"none"})", options.password)) == "Invalid group: none");
    const HttpsReply any = enrol(R"({"name":"web02"})", options.password);
    const KeyEntry key{"002", "web02", "any", std::string(any.json().at("key").as_string())};
    CHECK(signed_post(*simulator, key, "/control", kNotify).status == 200);
}

TEST_CASE("HTTPS is Wazuh 5's alone") {
    Options options;
    options.https = true;
    CHECK(ManagerSimulator::start(options).has_error());
}
