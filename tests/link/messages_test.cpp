// SPDX-License-Identifier: Apache-2.0
#include "src/link/messages.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;
using Kind = FromManager::Kind;

namespace {

const std::string kMd5 = "0123456789abcdef0123456789ABCDEF";

UnixHost debian() {
    return {"Linux", "web01", "6.1.0-18-amd64", "#1 SMP", "x86_64", "Debian GNU/Linux", "debian", "12", "bookworm"};
}

Keepalive keepalive_facts() {
    Keepalive result;
    result.host = describe_host(debian());
    result.version = "v4.14.7";
    return result;
}

}  // namespace

TEST_CASE("start and stop are told as the manager's kind wants it") {
    CHECK(startup_message(ManagerKind::Wazuh4, "v4.14.7") == "#!-agent startup {\"version\":\"v4.14.7\"}");
    CHECK(startup_message(ManagerKind::Wazuh5, "v5.0.0") == "#!-agent startup {\"version\":\"v5.0.0\"}");
    CHECK(startup_message(ManagerKind::Ossec, "v4.2.0") == "#!-agent startup ");
    CHECK(shutdown_message(ManagerKind::Wazuh4) == "#!-agent shutdown ");
    CHECK(shutdown_message(ManagerKind::Wazuh5) == "#!-agent shutdown ");
    CHECK_FALSE(shutdown_message(ManagerKind::Ossec).has_value());
    const AgentKey key{"001", "web01", "any", Secret("k")};
    CHECK(agent_started_event(ManagerKind::Wazuh4, key) == "1:wazuh-agent:ossec: Agent started: 'web01->any'.");
    CHECK(agent_started_event(ManagerKind::Ossec, key) == "1:ossec:ossec: Agent started: 'web01->any'.");
}

TEST_CASE("a keepalive has the form that the manager reads") {
    CHECK(keepalive_message(ManagerKind::Wazuh4, keepalive_facts()) ==
          "#!-Linux |web01 |6.1.0-18-amd64 |#1 SMP |x86_64 [Debian GNU/Linux|debian: 12 (bookworm)] - Wazuh v4.14.7\n"
          "x merged.mg\n");
    Keepalive full = keepalive_facts();
    full.config_md5 = "c0";
    full.merged_md5 = kMd5;
    full.agent_ip = "192.0.2.7";
    full.labels = {"\"group\":web", "two\nlines", "#\"hidden\":1"};
    full.noise = "abc\n";
    CHECK(keepalive_message(ManagerKind::Wazuh5, full)
              .ends_with(" - Wazuh v4.14.7 / c0\n\"group\":web\n#\"hidden\":1\n" + kMd5 +
                         " merged.mg\n#\"_agent_ip\":192.0.2.7\n"));
    full.version = "v4.2.0";
    CHECK(keepalive_message(ManagerKind::Ossec, full)
              .ends_with(" - OSSEC HIDS v4.2.0 / c0\n" + kMd5 + " merged.mg\n\nabc "));
}

TEST_CASE("nothing in a host's description can be taken for the agent's version or for a line") {
    UnixHost host = debian();
    host.name = "evil - Wazuh v9.9.9\n#\"label\":x|y";
    host.os_name = "A [b] - c";
    host.machine = "x -";
    const std::string text = describe_host(host);
    CHECK(text.find(" - ") == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find("A (b) c|debian") != std::string::npos);
    host.release = std::string(10'000, 'r');
    CHECK(describe_host(host).size() < 9 * 256 + 100);

    WindowsHost windows{"Microsoft Windows 10 Pro", "10.0.19045.1234", "WEB01", "x86_64"};
    CHECK(describe_host(windows) == "Microsoft Windows 10 Pro [Ver: 10.0.19045.1234] |WEB01 |x86_64");
    windows.machine = "x86 -";
    CHECK(describe_host(windows).ends_with("|x86"));
    CHECK(describe_host(WindowsHost{}) == " [Ver: ] | |");
}

TEST_CASE("an event is one line with a location in front") {
    CHECK(event_message('1', "active-response/x.log", "a line", 100) == "1:active-response/x.log:a line");
    CHECK(event_message('1', "C:\\a|b", "two\r\nlines", 100) == "1:C|:\\a||b:two  lines");
    CHECK(event_message('1', "l", std::string(100, 'x'), 10) == "1:l:xxxxxx");
    CHECK(event_message('1', "l", "12345\xE2\x82\xAC", 10) == "1:l:12345");
    CHECK(event_message('1', "l", "123\xE2\x82\xAC", 10) == "1:l:123\xE2\x82\xAC");
}

TEST_CASE("every message of a manager is known for what it is") {
    const struct {
        std::string payload;
        Kind kind;
        std::string body;
    } cases[] = {
        {"#!-agent ack ", Kind::Ack, ""},
        {"#!-agent ack", Kind::Ack, ""},
        {"#!-agent ack {\"limits\":{}}", Kind::Ack, "{\"limits\":{}}"},
        {"#!-err {\"message\":\"no\"}", Kind::Refusal, "{\"message\":\"no\"}"},
        {"#!-execd {\"version\":1}", Kind::Execute, "{\"version\":1}"},
        {"#!-execd firewall-drop600 - 203.0.113.9 1 2", Kind::Execute, "firewall-drop600 - 203.0.113.9 1 2"},
        {"#!-execd ", Kind::Execute, ""},
        {"#!-execd " + std::string(kMaxExecuteBytes, 'x'), Kind::Execute, std::string(kMaxExecuteBytes, 'x')},
        {"#!-close file ", Kind::FileEnd, ""},
        {"#!-force_reconnect", Kind::ForceReconnect, ""},
        {"#!-syscheck restart", Kind::Ignored, "syscheck"},
        {"#!-fim_file {}", Kind::Ignored, "fim_file"},
        {"#!-fim_registry_key {}", Kind::Ignored, "fim_registry_key"},
        {"#!-syscollector_packages x", Kind::Ignored, "syscollector_packages"},
        {"#!-sca-dump", Kind::Ignored, "sca-dump"},
        {"#!-agent-info_sync x", Kind::Ignored, "agent-info_sync"},
        {"#!-", Kind::Unknown, ""},
        {"#!-execd", Kind::Unknown, "execd"},
        {"#!-new thing", Kind::Unknown, "new thing"},
        {"", Kind::FileChunk, ""},
        {"#!", Kind::FileChunk, "#!"},
        {std::string("\0\1", 2), Kind::FileChunk, std::string("\0\1", 2)},
        {"!12 ar.conf\n", Kind::FileChunk, "!12 ar.conf\n"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.payload);
        const FromManager message = classify(each.payload);
        CHECK(static_cast<int>(message.kind) == static_cast<int>(each.kind));
        CHECK(message.body == each.body);
    }
}

TEST_CASE("a request has a counter, a target and a command") {
    const std::string text = "#!-req 1a2B com getconfig active-response";
    const FromManager request = classify(text);
    CHECK(request.kind == Kind::Request);
    CHECK(request.counter == "1a2B");
    CHECK(request.target == "com");
    CHECK(request.body == "getconfig active-response");
    const std::string bare = "#!-req 0 agent";
    CHECK(classify(bare).kind == Kind::Request);
    CHECK(classify(bare).body.empty());
    const std::string ack = "#!-req ff ack";
    CHECK(classify(ack).kind == Kind::RequestAck);
    CHECK(classify(ack).counter == "ff");
    const std::string target_ack = "#!-req ff ack now";
    CHECK(classify(target_ack).kind == Kind::Request);
}

TEST_CASE("a file has a sum and a name") {
    const std::string text = "#!-up file " + kMd5 + " merged.mg\n";
    const FromManager file = classify(text);
    CHECK(file.kind == Kind::FileStart);
    CHECK(file.md5 == kMd5);
    CHECK(file.name == "merged.mg");
    const std::string spaced = "#!-up file " + kMd5 + " ../a b";
    CHECK(classify(spaced).name == "../a b");
}

TEST_CASE("a known message with wrong fields is malformed, and says what is wrong") {
    const std::pair<std::string, std::string> cases[] = {
        {"#!-req ", "counter"},
        {"#!-req  com x", "counter"},
        {"#!-req xyz com x", "counter"},
        {"#!-req 12345678901234567 com x", "counter"},
        {"#!-req 1", "target"},
        {"#!-req 1 ", "target"},
        {"#!-req 1 a/b x", "target"},
        {"#!-req 1 " + std::string(65, 'a'), "target"},
        {"#!-up file ", "MD5"},
        {"#!-up file abc merged.mg\n", "MD5"},
        {"#!-up file " + std::string(32, 'g') + " merged.mg\n", "MD5"},
        {"#!-up file " + kMd5 + "\n", "MD5"},
        {"#!-up file " + kMd5 + " \n", "name"},
        {"#!-up file " + kMd5 + " a\nb\n", "name"},
        {"#!-up file " + kMd5 + " " + std::string(256, 'n') + "\n", "name"},
        {"#!-execd " + std::string(kMaxExecuteBytes + 1, 'x'), "65399"},
    };
    for (const auto& each : cases) {
        const auto& payload = each.first;
        const auto& part = each.second;
        CAPTURE(payload);
        const FromManager message = classify(payload);
        CHECK(message.kind == Kind::Malformed);
        CHECK(message.problem.find(part) != std::string_view::npos);
    }
}
