// SPDX-License-Identifier: Apache-2.0
#include "src/cli/request_builder.h"

#include "src/request/request.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;

namespace {

constexpr WallTime kBuiltAt = wall_time_of(1'700'000'000'123);

Config sample_config() {
    Diagnostics found;
    Config config = parse_config(
        "<ossec_config><command><name>block</name><executable>block.sh</executable><timeout_allowed>yes</"
        "timeout_allowed></command>"
        "<active-response><command>block</command><location>local</location><level>5</level><timeout>600</timeout></"
        "active-response>"
        "</ossec_config>",
        "sample.conf", found);
    REQUIRE_FALSE(has_errors(found));
    return config;
}

Request built(const RequestDraft& draft) {
    const Config config = sample_config();
    const Catalog catalog(config, {}, [](const std::string&) { return true; });
    const Result<std::string> message = build_message(draft, catalog, kBuiltAt);
    REQUIRE_MESSAGE(message.has_value(), message.error().text());
    CHECK(message->find('\n') == std::string::npos);
    Result<Request> request = decode_request(*message);
    REQUIRE_MESSAGE(request.has_value(), request.error().text());
    return std::move(*request);
}

std::string refused(const RequestDraft& draft) {
    const Config config = sample_config();
    const Catalog catalog(config, {}, [](const std::string&) { return true; });
    const Result<std::string> message = build_message(draft, catalog, kBuiltAt);
    REQUIRE_FALSE(message.has_value());
    return message.error().text();
}

RequestDraft draft_for(const std::string& name, Dialect dialect = Dialect::Wazuh4) {
    RequestDraft draft;
    draft.name = name;
    draft.dialect = dialect;
    draft.srcip = "203.0.113.7";
    draft.user = "bob";
    draft.filename = "/tmp/evil";
    draft.rule_id = "5712";
    return draft;
}

Document parsed_alert(const std::string& text) {
    Result<Document> read = read_alert(text);
    REQUIRE_MESSAGE(read.has_value(), read.error().text());
    return std::move(*read);
}

}  // namespace

TEST_CASE("a message built in each dialect is read back with the same fields") {
    for (const Dialect dialect : {Dialect::Wazuh4, Dialect::Wazuh5, Dialect::Ossec}) {
        CAPTURE(std::string(to_string(dialect)));
        const Request request = built(draft_for("block600", dialect));
        CHECK(request.dialect == dialect);
        CHECK(request.srcip == "203.0.113.7");
        CHECK(request.user == "bob");
        CHECK(request.filename == "/tmp/evil");
        CHECK(request.rule_id == "5712");
    }
}

TEST_CASE("a timeout is a part of the name that is asked for") {
    RequestDraft draft = draft_for("block");
    CHECK(built(draft).name == "block");
    draft.timeout = std::chrono::seconds(30);
    CHECK(built(draft).name == "block30");
    draft.name = "block600";
    CHECK(built(draft).name == "block30");
    draft.name = "only-the-service-knows";
    CHECK(built(draft).name == "only-the-service-knows30");
}

TEST_CASE("an executable that is named itself has a timeout in the wazuh5 dialect only") {
    RequestDraft draft = draft_for("!script.sh");
    CHECK(built(draft).ad_hoc);
    draft.timeout = std::chrono::seconds(30);
    CHECK(refused(draft).find("--dialect wazuh5") != std::string::npos);
    draft.dialect = Dialect::Wazuh5;
    const Request request = built(draft);
    CHECK(request.executable == "script.sh");
    CHECK(request.timeout.count() == 30);
}

TEST_CASE("a wazuh5 message holds what the catalog knows of the name") {
    const Request request = built(draft_for("block600", Dialect::Wazuh5));
    CHECK(request.executable == "block.sh");
    CHECK(request.timeout.count() == 600);
    CHECK(request.made == kBuiltAt);
    CHECK(refused(draft_for("nonsense", Dialect::Wazuh5)).find("no command answers") != std::string::npos);
}

TEST_CASE("extra arguments stay as they are, or are refused where the dialect cannot carry them") {
    RequestDraft draft = draft_for("block600");
    draft.extra_args = {"one two", "--three", ""};
    CHECK(built(draft).extra_args == draft.extra_args);
    draft.dialect = Dialect::Wazuh5;
    CHECK(refused(draft).find("single extra argument") != std::string::npos);
    draft.dialect = Dialect::Ossec;
    CHECK(refused(draft).find("space") != std::string::npos);
}

TEST_CASE("a recorded alert passes unchanged, and what was given replaces its fields") {
    RequestDraft draft;
    draft.name = "block600";
    draft.alert = parsed_alert(
        R"({"rule":{"id":"1","level":3},"n":1.50,"data":{"srcip":"192.0.2.1","win":{"eventdata":{"ipAddress":"192.0.2.2"}}}})");
    Request request = built(draft);
    CHECK(request.srcip == "192.0.2.2");
    CHECK(request.alert().find("n")->text() == "1.50");
    draft.srcip = "203.0.113.7";
    request = built(draft);
    CHECK(request.srcip == "203.0.113.7");
    CHECK(request.alert().find_path("data.srcip")->text() == "203.0.113.7");
    CHECK(request.alert().find_path("rule.level")->text() == "3");
}

TEST_CASE("an alert of Wazuh 4 becomes an event of Wazuh 5 with its fields") {
    RequestDraft draft;
    draft.name = "block600";
    draft.dialect = Dialect::Wazuh5;
    draft.alert = parsed_alert(R"({"rule":{"id":"5712"},"data":{"srcip":"192.0.2.1","dstuser":"bob"}})");
    const Request request = built(draft);
    CHECK(request.srcip == "192.0.2.1");
    CHECK(request.user == "bob");
    CHECK(request.rule_id == "5712");
}

TEST_CASE("an alert is found alone, in a line of alerts.json, and inside a request") {
    for (const char* text : {R"({"rule":{"id":"7"}})", "{\"rule\":{\"id\":\"7\"}}\n{\"rule\":{\"id\":\"8\"}}\n",
                             R"({"version":1,"command":"x","parameters":{"alert":{"rule":{"id":"7"}}}})"}) {
        CAPTURE(std::string(text));
        CHECK(parsed_alert(text).find_path("rule.id")->text() == "7");
    }
    for (const char* text : {"", "[]", "\"text\"", "{\"rule\":", R"({"parameters":{"alert":5}})"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_alert(text).has_value());
    }
}

TEST_CASE("an address that is none is refused before anything is sent in text") {
    RequestDraft draft = draft_for("block600", Dialect::Ossec);
    draft.srcip = "not-an-address";
    CHECK(refused(draft).find("no IP address") != std::string::npos);
}
