// SPDX-License-Identifier: Apache-2.0
#include "src/request/request.h"

#include "tests/request/decoded.h"
#include "tests/support/requests.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using riposte::test::decoded;
using riposte::test::wazuh4_alert;

namespace {

std::string stateful_event(const std::string& event) {
    return R"({"wazuh":{"active_response":{"name":"block","executable":"block-ip","extra_arguments":null,)"
           R"("location":"local","type":"stateful","stateful_timeout":600}})" +
           event + "}";
}

}  // namespace

TEST_CASE("every real message that is known is understood, with and without its final NUL") {
    const std::vector<std::string> messages{
        R"({"version":1,"origin":{"name":"","module":"wazuh-analysisd"},"command":"firewall-drop600","parameters":{"extra_args":["a","b"],"alert":{"timestamp":"2026-08-14T12:34:56.789+0000","rule":{"level":5,"description":"sshd","id":"5716","groups":["sshd"]},"agent":{"id":"001","name":"web01","ip":"10.0.0.4"},"id":"1795488832.1","full_log":"x","data":{"srcip":"203.0.113.9","dstuser":"bob"},"location":"/var/log/auth.log"}}})",
        R"({"version": 1, "origin": {"name": null, "module": "framework"}, "command": "firewall-drop0", "parameters": {"extra_args": ["203.0.113.7"], "alert": {}}})",
        R"({"version": 1, "origin": {"name": "node01", "module": "framework"}, "command": "!custom-script", "parameters": {"extra_args": ["--all", "caf\u00e9"], "alert": {"data": {"srcip": "203.0.113.7"}}}})",
        R"({"version":1,"origin":{"name":"","module":""},"command":"firewall-drop600","parameters":{"extra_args":[],"alert":{"data":{"srcip":"203.0.113.7"}}}})",
        R"({"version":1,"origin":{"name":"","module":""},"command":"restart-wazuh0","parameters":{"extra_args":[],"alert":{"data":{"srcip":"null"}}}})",
        R"({"version": 1, "origin": {"module": "framework"}, "command": "restart-wazuh0", "parameters": {"extra_args": [], "alert": {}}} - null (from_the_server) (no_rule_id))",
        R"({"version":1,"command":"restart-wazuh0","parameters":{}})",
        R"({"version":1,"origin":{"name":"n","module":"wazuh-analysisd"},"command":"win_route-null900","parameters":{"extra_args":[],"alert":{"data":{"win":{"eventdata":{"ipAddress":"::ffff:203.0.113.9","targetUserName":"Bob"}}}}}})",
        R"({"version":1,"origin":{"name":"n","module":"wazuh-analysisd"},"command":"disable-account0","parameters":{"extra_args":[],"alert":{"data":{"dstuser":"b\\x21ob"}}}})",
        R"({"version":1,"origin":{"name":"n","module":"wazuh-analysisd"},"command":"quarantine0","parameters":{"extra_args":[],"alert":{"syscheck":{"path":"/home/bob/my file\nnew","mode":"realtime"}}}})",
        R"({"version":1,"origin":{"name":"kaspersky","module":"wazuh-analysisd"},"command":"kaspersky0","parameters":{"extra_args":["--full-scan"],"alert":null}})",
        R"({"@timestamp": "2026-08-14T12:34:56.789Z", "event": {"doc_id": "d1", "index": "i"}, "source": {"ip": "203.0.113.9"}, "user": {"name": "bob"}, "wazuh": {"active_response": {"name": "block-ip", "executable": "block-ip", "extra_arguments": null, "location": "local", "agent_id": "001", "type": "stateful", "stateful_timeout": 600}, "agent": {"id": "001", "name": "web01"}}})",
        R"({"source.ip": "203.0.113.9", "wazuh": {"active_response": {"name": "notify", "executable": "notify.py", "extra_arguments": "-a 'b c'", "location": "all", "type": "stateless"}}})",
        R"({"wazuh": {"active_response": {"name": "block-ip", "executable": "block-ip", "extra_arguments": null, "location": "defined-agent", "agent_id": "001", "type": "stateless", "stateful_timeout": null}}})",
        "firewall-drop600 - 203.0.113.9 1795488832.1 5716 (resp001) any->/var/log/auth.log (null)",
        "disable-account0 bob - 1795488832.1 5716 (resp001) any->/var/log/auth.log (null)",
        "firewall-drop600 bob 203.0.113.9 1795488832.1 5716 server->/var/log/auth.log -",
        "firewall-drop600 - 203.0.113.7 (from_the_server) (no_rule_id)",
        "restart-ossec0 - null (from_the_server) (no_rule_id)",
        "quarantine0 - - 1795488832.1 554 (resp001) any->syscheck /home/bob/a b.txt",
        "host-deny600 - 2001:db8::7 1795488832.1 5716 (resp001) any->/var/log/auth.log (null) -",
        "!custom-script - -",
        "firewall-drop0 - 203.0.113.7",
    };
    REQUIRE(messages.size() >= 20);
    for (const auto& message : messages) {
        CAPTURE(message);
        const auto plain = decode_request(message);
        REQUIRE_MESSAGE(plain.has_value(), plain.error().text());
        const auto terminated = decode_request(message + '\0');
        REQUIRE(terminated.has_value());
        CHECK(terminated->name == plain->name);
        CHECK(terminated->srcip == plain->srcip);
        CHECK(terminated->words == plain->words);
        CHECK(decode_request("\r\n " + message + " \n").has_value());
    }
}

TEST_CASE("a Wazuh 4 event gives its fields") {
    const Request request =
        decoded(R"({"version":1,"origin":{"name":"","module":"wazuh-analysisd"},"command":"firewall-drop600",)"
                R"("parameters":{"extra_args":["a","b c"],"alert":{"id":"1795488832.1","rule":{"id":"5716"},)"
                R"("syscheck":{"path":"/tmp/x\ny"},"data":{"srcip":"203.0.113.9","srcuser":"eve","dstuser":"bob"}}}})");
    CHECK(request.dialect == Dialect::Wazuh4);
    CHECK(request.name == "firewall-drop600");
    CHECK_FALSE(request.ad_hoc);
    CHECK(request.srcip == "203.0.113.9");
    CHECK(request.user == "bob");
    CHECK(request.filename == "/tmp/x\ny");
    CHECK(request.rule_id == "5716");
    CHECK(request.alert_id == "1795488832.1");
    CHECK(request.extra_args == std::vector<std::string>{"a", "b c"});
    CHECK(request.timeout.count() == 0);
    CHECK(request.alert().find_path("data.srcuser")->text() == "eve");
    CHECK(request.document.find("version")->text() == "1");
}

TEST_CASE("the Windows address goes before the others, and what says nothing is absent") {
    CHECK(
        decoded(
            wazuh4_alert(
                "firewall-drop600",
                R"({"data":{"srcip":"192.0.2.1","win":{"eventdata":{"destinationIp":"192.0.2.2","ipAddress":"192.0.2.3"}}}})"))
            .srcip == "192.0.2.3");
    CHECK(
        decoded(
            wazuh4_alert(
                "firewall-drop600",
                R"({"data":{"srcip":"192.0.2.1","win":{"eventdata":{"destinationIp":"192.0.2.2","ipAddress":"-"}}}})"))
            .srcip == "192.0.2.2");
    CHECK(decoded(wazuh4_alert("firewall-drop600", R"({"data":{"srcip":"192.0.2.1","win":{"eventdata":{}}}})")).srcip ==
          "192.0.2.1");
    for (const char* absent : {R"("-")", R"("")", R"("null")", "\"(null)\"", "null"}) {
        CAPTURE(absent);
        const Request request = decoded(
            wazuh4_alert("firewall-drop600", std::string(R"({"data":{"srcip":)") + absent + R"(,"dstuser":)" + absent +
                                                 R"(,"srcuser":"eve"},"syscheck":{"path":)" + absent + "}}"));
        CHECK(request.srcip.empty());
        CHECK(request.user == "eve");
        CHECK(request.filename.empty());
    }
    CHECK(decoded(wazuh4_alert("firewall-drop600", "null")).alert().is_null());
    CHECK(decoded(wazuh4_alert("firewall-drop600", R"({"data":null,"rule":null})")).rule_id.empty());
}

TEST_CASE("an alert's members count in whatever case the loosest reader takes them") {
    CHECK(decoded(wazuh4_alert("firewall-drop600", R"({"DATA":{"SrcIP":"192.0.2.1"}})")).srcip == "192.0.2.1");
    CHECK(decoded(wazuh4_alert("firewall-drop600", R"({"data":{"srcip\u0000x":"192.0.2.1"}})")).srcip == "192.0.2.1");
    CHECK_FALSE(
        decode_request(wazuh4_alert("firewall-drop600", R"({"data":{"srcip":"192.0.2.1","SRCIP":"192.0.2.2"}})"))
            .has_value());
}

TEST_CASE("a name behind an exclamation mark is the executable's") {
    const Request request = decoded(R"({"version":1,"command":"!custom","parameters":{"extra_args":[],"alert":{}}})");
    CHECK(request.ad_hoc);
    CHECK(request.name == "custom");
    CHECK(decoded("!custom - -").ad_hoc);
}

TEST_CASE("addresses are normalised") {
    CHECK(decoded("x - ::ffff:192.0.2.1").srcip == "192.0.2.1");
    CHECK(decoded("x - 2001:DB8::0").srcip == "2001:db8::");
    CHECK(decoded("x - 192.0.2.9/24").srcip == "192.0.2.0/24");
}

TEST_CASE("a Wazuh 5 document gives its fields, nested or flat") {
    const std::vector<std::string> events{
        R"(,"source":{"ip":"203.0.113.9"},"user":{"name":"bob"},"file":{"path":"/tmp/x"},"rule":{"id":7},"event":{"doc_id":"d"})",
        R"(,"source.ip":"203.0.113.9","user.name":"bob","file.path":"/tmp/x","rule.id":"7","event.id":"d")",
        R"(,"source":{"port":1},"source.ip":"203.0.113.9","user.name":"bob","file":{"path":"/tmp/x"},"rule.id":"7","event":{"id":"d","doc_id":"e"})",
    };
    for (const auto& event : events) {
        CAPTURE(event);
        const Request request = decoded(stateful_event(event));
        CHECK(request.dialect == Dialect::Wazuh5);
        CHECK(request.name == "block");
        CHECK(request.executable == "block-ip");
        CHECK(request.timeout == std::chrono::seconds(600));
        CHECK(request.srcip == "203.0.113.9");
        CHECK(request.user == "bob");
        CHECK(request.filename == "/tmp/x");
        CHECK(request.rule_id == "7");
        CHECK(request.alert_id == "d");
        CHECK(request.extra_args.empty());
        CHECK(&request.alert() == &request.document);
    }
}

TEST_CASE("a stateless Wazuh 5 response has no timeout, and its extra arguments stay one") {
    const Request request =
        decoded(R"({"wazuh":{"active_response":{"name":"n","executable":"n.py","extra_arguments":"-a b",)"
                R"("type":"stateless","stateful_timeout":600}}})");
    CHECK(request.timeout.count() == 0);
    CHECK(request.extra_args == std::vector<std::string>{"-a b"});
}

TEST_CASE("the time of a Wazuh 5 document is read if it is one") {
    const auto made = [](const std::string& time) { return decoded(stateful_event(",\"@timestamp\":" + time)).made; };
    CHECK(made(R"("1970-01-01T00:00:01Z")") == wall_time_of(1000));
    CHECK(made(R"("2026-08-14T12:34:56.789Z")") == wall_time_of(1786710896789));
    CHECK(made(R"("2026-08-14T12:34:56.789000Z")") == wall_time_of(1786710896789));
    CHECK(made(R"("2026-08-14T14:34:56.789+02:00")") == wall_time_of(1786710896789));
    CHECK(made(R"("2026-08-14T14:34:56.789+0200")") == wall_time_of(1786710896789));
    for (const char* other :
         {R"("yesterday")", R"("")", R"("2026-13-45T99:99:99Z")", "12", "null", "{}", R"("2026-08-14")"}) {
        CAPTURE(other);
        CHECK_FALSE(made(other));
    }
}

TEST_CASE("a text request gives its fields and keeps its words") {
    const Request request =
        decoded("firewall-drop600 bob 203.0.113.9 1795488832.1 5716 (resp001) any->/var/log/auth.log (null)");
    CHECK(request.dialect == Dialect::Ossec);
    CHECK(request.name == "firewall-drop600");
    CHECK(request.user == "bob");
    CHECK(request.srcip == "203.0.113.9");
    CHECK(request.alert_id == "1795488832.1");
    CHECK(request.rule_id == "5716");
    CHECK(request.filename.empty());
    CHECK(request.words.size() == 7);
    CHECK(request.document.is_null());
    CHECK(request.alert().is_null());
}

TEST_CASE("the words of agent_control are no ids") {
    const Request request = decoded("firewall-drop600 - 203.0.113.7 (from_the_server) (no_rule_id)");
    CHECK(request.user.empty());
    CHECK(request.alert_id.empty());
    CHECK(request.rule_id.empty());
    CHECK(request.words[2] == "(from_the_server)");
}

TEST_CASE("the file name of a text request is found behind any location") {
    const std::string start = "q0 - - 1.1 554 ";
    CHECK(decoded(start + "(a) any->syscheck /home/bob/x").filename == "/home/bob/x");
    CHECK(decoded(start + "(a) any->syscheck /home/bob/a b.txt").filename == "/home/bob/a b.txt");
    CHECK(decoded(start + "server->syscheck /x").filename == "/x");
    CHECK(decoded(start + "syscheck /x").filename == "/x");
    CHECK(decoded(start + "(a) any->C:\\Program Files\\x.log C:\\y").filename == "C:\\y");
    CHECK(decoded(start + "(a) any->C:\\Program Files\\x.log (null)").filename.empty());
    CHECK(decoded(start + "(a) any->/var/log/auth.log").filename.empty());
    CHECK(decoded(start + "server->/var/log/auth.log").filename.empty());
    CHECK(decoded(start + "server->/var/log/auth.log -").filename.empty());
}

TEST_CASE("the largest request is taken and one byte more is not") {
    const std::string head = R"({"version":1,"command":"x","parameters":{"alert":{"full_log":")";
    const std::string tail = R"("}}})";
    const std::string largest = head + std::string(kMaxRequestBytes - head.size() - tail.size(), 'x') + tail;
    CHECK(decode_request(largest).has_value());
    CHECK_FALSE(decode_request(largest + " ").has_value());
}

TEST_CASE("the first bytes of a message are fit for a log") {
    CHECK(first_bytes("plain {\"a\":1}") == "plain {\"a\":1}");
    CHECK(first_bytes(std::string("a\nb\0c\x1b[2J\xff", 10)) == "a\\x0ab\\x00c\\x1b[2J\\xff");
    CHECK(first_bytes("caf\u00e9 \u202e \u0085") == "caf\u00e9 \\u{202e} \\u{85}");
    const std::string cut = first_bytes(std::string(500, 'x'));
    CHECK(cut == std::string(120, 'x') + "... (500 bytes)");
    CHECK(first_bytes(std::string(119, 'x') + "\u20ac") == std::string(119, 'x') + "... (122 bytes)");
    CHECK(first_bytes("").empty());
}

TEST_CASE("a file name is one that can stand in the bin directory") {
    for (const char* good : {"a", "firewall-drop", "block-ip.exe", "my script.py", "caf\u00e9", "a..b", "_x", "a&b"}) {
        CAPTURE(good);
        CHECK(check_file_name(good).has_value());
    }
    CHECK(check_file_name(std::string(255, 'a')).has_value());
    const std::vector<std::pair<std::string, std::string>> bad{
        {"", "empty"},
        {".", "dot"},
        {"..", "dot"},
        {".hidden", "dot"},
        {"../x", "separator"},
        {"/bin/sh", "separator"},
        {"a/b", "separator"},
        {"a\\b", "separator"},
        {"C:x", "colon"},
        {"a:stream", "colon"},
        {"-rf", "hyphen"},
        {"a\n", "control"},
        {"a\x7f", "control"},
        {"a\xc2\x85", "control"},
        {"a\xff", "UTF-8"},
        {"a.", "ends with"},
        {"a ", "ends with"},
        {std::string("a\0b", 3), "control"},
        {std::string(256, 'a'), "255"},
    };
    for (const auto& entry : bad) {
        const auto& name = entry.first;
        const auto& expected = entry.second;
        CAPTURE(name);
        const auto checked = check_file_name(name);
        REQUIRE_FALSE(checked.has_value());
        CHECK_MESSAGE(checked.error().text().find(expected) != std::string::npos, checked.error().text());
    }
}
