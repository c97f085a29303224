// SPDX-License-Identifier: Apache-2.0
// Messages that are malformed or meant to do harm. Each is refused with a reason that an operator can use.
#include "src/request/request.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using riposte::decode_request;
using riposte::test::repeated;

namespace {

struct Case {
    std::string message;
    std::string expected;  // a part of the reason
};

std::string raw_wazuh4(const std::string& command, const std::string& parameters = "{}") {
    return R"({"version":1,"command":)" + command + R"(,"parameters":)" + parameters + "}";
}

std::string raw_alert(const std::string& text) {
    return raw_wazuh4("\"x\"", R"({"alert":)" + text + "}");
}

std::string response(const std::string& members) {
    return R"({"wazuh":{"active_response":{)" + members + "}}}";
}

std::string timeout(const std::string& text) {
    return response(R"("name":"n","executable":"e","type":"stateful","stateful_timeout":)" + text);
}

std::string event(const std::string& members) {
    return R"({"wazuh":{"active_response":{"name":"n","executable":"e","type":"stateless"}},)" + members + "}";
}

const std::string kGood =
    R"({"version":1,"origin":{"name":"n","module":"m"},"command":"x","parameters":{"extra_args":["a"],"alert":{"data":{"srcip":"192.0.2.1"}}}})";

std::vector<Case> not_json() {
    std::vector<Case> cases{
        {"", "empty"},
        {std::string(1, '\0'), "empty"},
        {"   ", "empty"},
        {" \r\n\t ", "empty"},
        {"\xEF\xBB\xBF" + kGood, "byte order mark"},
        {"{", "truncated"},
        {"{}", "neither"},
        {"{\"version\"}", "not valid JSON"},
        {"{'version':1}", "not valid JSON"},
        {"{version:1}", "not valid JSON"},
        {"{\"version\":1,}", "not valid JSON"},
        {"{\"version\":NaN}", "not valid JSON"},
        {"{\"a\":\"\xff\"}", "invalid UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8"},
        {"{\"a\":\"\xc0\x80\"}", "invalid UTF-8"},
        {R"({"a":"\ud800"})", "not valid JSON"},
        {R"({"a":"\udc00x"})", "not valid JSON"},
        {"{\"a\":\"x\ny\"}", "not valid JSON"},
        {std::string("{\"a\":\"x\0y\"}", 11), "not valid JSON"},
        {"{\"a\":" + std::string(60'000, '['), "nested over 128"},
        {repeated("{\"a\":", 10'000), "nested over 128"},
        {std::string(100'000, '['), "longer than 65536"},
        {repeated("{\"a\":", 100'000), "longer than 65536"},
        {kGood + std::string(65'537 - kGood.size(), ' '), "longer than 65536"},
        {std::string(65'537, 'x'), "longer than 65536"},
        {std::string(65'536, 'x'), "longer than 255"},
        {std::string(65'536, '\0'), "control characters"},
        {std::string(65'536, ' '), "empty"},
    };
    for (const std::size_t length : {2U, 12U, 30U, 60U, 80U, 100U, 120U}) {
        cases.push_back({kGood.substr(0, length), "truncated"});
    }
    cases.push_back({kGood.substr(0, kGood.size() - 1), "truncated"});
    return cases;
}

std::vector<Case> wrong_wazuh4() {
    return {
        {R"({"command":"x","parameters":{}})", "version is missing"},
        {R"({"version":null,"command":"x","parameters":{}})", "version is missing"},
        {R"({"version":"1","command":"x","parameters":{}})", "version must be a number"},
        {R"({"version":1,"parameters":{}})", "neither a command"},
        {raw_wazuh4("null"), "neither a command"},
        {raw_wazuh4("7"), "command must be a string"},
        {raw_wazuh4("[\"x\"]"), "command must be a string"},
        {raw_wazuh4("{}"), "command must be a string"},
        {R"({"version":1,"command":"x"})", "parameters is missing"},
        {raw_wazuh4("\"x\"", "[]"), "parameters must be an object"},
        {raw_wazuh4("\"x\"", "\"a\""), "parameters must be an object"},
        {R"({"version":1,"origin":"n","command":"x","parameters":{}})", "origin must be an object"},
        {R"({"version":1,"origin":{"name":1},"command":"x","parameters":{}})", "origin.name must be a string"},
        {R"({"version":1,"origin":{"module":[]},"command":"x","parameters":{}})", "origin.module must be a string"},
        {raw_wazuh4("\"x\"", R"({"program":1})"), "parameters.program must be a string"},
        {raw_wazuh4("\"x\"", R"({"extra_args":"a"})"), "extra_args must be an array"},
        {raw_wazuh4("\"x\"", R"({"extra_args":{}})"), "extra_args must be an array"},
        {raw_wazuh4("\"x\"", R"({"extra_args":["a",1]})"), "no string"},
        {raw_wazuh4("\"x\"", R"({"extra_args":[true]})"), "no string"},
        {raw_wazuh4("\"x\"", R"({"extra_args":[null]})"), "no string"},
        {raw_wazuh4("\"x\"", R"({"extra_args":[["a"]]})"), "no string"},
        {raw_alert("[]"), "alert must be an object"},
        {raw_alert("\"a\""), "alert must be an object"},
        {raw_alert(R"({"data":"x"})"), "data must be an object"},
        {raw_alert(R"({"data":{"win":1}})"), "win must be an object"},
        {raw_alert(R"({"data":{"win":{"eventdata":[]}}})"), "eventdata must be an object"},
        {raw_alert(R"({"data":{"srcip":16909060}})"), "data.srcip must be a string"},
        {raw_alert(R"({"data":{"dstuser":["bob"]}})"), "data.dstuser must be a string"},
        {raw_alert(R"({"syscheck":[]})"), "syscheck must be an object"},
        {raw_alert(R"({"syscheck":{"path":{}}})"), "syscheck.path must be a string"},
        {raw_alert(R"({"rule":"5716"})"), "rule must be an object"},
        {raw_alert(R"({"rule":{"id":[5716]}})"), "rule.id must be a string or a number"},
        {raw_alert(R"({"id":true})"), "id must be a string or a number"},
        {raw_alert(R"({"id":")" + std::string(257, '1') + "\"}"), "longer than 256"},
        {raw_alert(R"({"id":"1\n2"})"), "control characters"},
    };
}

std::vector<Case> ambiguous() {
    return {
        {R"({"version":1,"command":"x","command":"y","parameters":{}})", "command stands there twice"},
        {R"({"version":1,"command":"x","Command":"y","parameters":{}})", "command stands there twice"},
        {R"({"version":1,"COMMAND":"x","parameters":{}})", "command is spelt"},
        {R"({"version":1,"command":"x","command\u0000":"y","parameters":{}})", "command stands there twice"},
        {R"({"version":1,"version":1,"command":"x","parameters":{}})", "version stands there twice"},
        {R"({"version":1,"origin":{},"origin":{},"command":"x","parameters":{}})", "origin stands there twice"},
        {R"({"version":1,"command":"x","parameters":{},"parameters":{}})", "parameters stands there twice"},
        {raw_wazuh4("\"x\"", R"({"extra_args":[],"extra_args":["a"]})"), "extra_args stands there twice"},
        {raw_wazuh4("\"x\"", R"({"alert":{},"alert":{}})"), "alert stands there twice"},
        {raw_wazuh4("\"x\"", R"({"alert":{},"Alert":{}})"), "alert stands there twice"},
        {raw_alert(R"({"data":{},"data":{"srcip":"192.0.2.1"}})"), "twice"},
        {raw_alert(R"({"data":{"srcip":"192.0.2.1","srcip":"192.0.2.2"}})"), "data.srcip stands there twice"},
        {raw_alert(R"({"data":{"srcip":"192.0.2.1","srcip":"192.0.2.1"}})"), "data.srcip stands there twice"},
        {raw_alert(R"({"data":{"srcip":"192.0.2.1","SrcIp":"192.0.2.2"}})"), "data.srcip stands there twice"},
        {raw_alert(R"({"data":{"dstuser":"a","dstuser":"b"}})"), "data.dstuser stands there twice"},
        {raw_alert(R"({"data":{"win":{},"win":{"eventdata":{}}}})"), "twice"},
        {raw_alert(R"({"syscheck":{"path":"/a","path":"/b"}})"), "syscheck.path stands there twice"},
        {R"({"wazuh":{},"wazuh":{"active_response":{}}})", "wazuh stands there twice"},
        {R"({"wazuh":{"active_response":{},"active_response":{}}})", "active_response stands there twice"},
        {response(R"("name":"a","name":"b","executable":"e","type":"stateless")"), "name stands there twice"},
        {response(R"("name":"a","executable":"e","executable":"f","type":"stateless")"),
         "executable stands there twice"},
        {event(R"("source":{"ip":"192.0.2.1"},"source":{"ip":"192.0.2.2"})"), "source.ip stands there twice"},
        {event(R"("source":{"ip":"192.0.2.1"},"source.ip":"192.0.2.2")"), "nested and flat"},
        {event(R"("source.ip":"192.0.2.1","source.ip":"192.0.2.2")"), "source.ip stands there twice"},
        {event(R"("user":{"name":"a","name":"b"})"), "user.name stands there twice"},
        {event(R"("file.path":"/a","File.Path":"/b")"), "file.path stands there twice"},
        {event(R"("command":"enable")"), "ambiguous"},
        {R"({"version":1,"parameters":{},"command":"x","wazuh":{"active_response":{}}})", "ambiguous"},
    };
}

std::vector<Case> wrong_wazuh5() {
    return {
        {R"({"wazuh":{}})", "neither"},
        {R"({"wazuh":1})", "neither"},
        {R"({"wazuh":{"active_response":"x"}})", "active_response must be an object"},
        {R"({"wazuh":{"active_response":[]}})", "active_response must be an object"},
        {response(""), "name is missing"},
        {response(R"("name":"n","type":"stateless")"), "executable is missing"},
        {response(R"("name":"n","executable":"e")"), "type is missing"},
        {response(R"("name":1,"executable":"e","type":"stateless")"), "name must be a string"},
        {response(R"("name":"n","executable":["e"],"type":"stateless")"), "executable must be a string"},
        {response(R"("name":"n","executable":"e","type":1)"), "type must be a string"},
        {response(R"("name":"n","executable":"e","type":"forever")"), "stateful"},
        {response(R"("name":"n","executable":"e","type":"stateless","extra_arguments":["a"])"), "must be a string"},
        {response(R"("name":"n","executable":"e","type":"stateful")"), "stateful_timeout is missing"},
        {response(R"("name":"","executable":"e","type":"stateless")"), "empty"},
        {response(R"("name":"!n","executable":"e","type":"stateless")"), "must not start"},
        {response(R"("name":"a/b","executable":"e","type":"stateless")"), "separator"},
        {response(R"("name":"n","executable":"","type":"stateless")"), "empty"},
        {response(R"("name":"n","executable":"../e","type":"stateless")"), "separator"},
        {response(R"("name":"n","executable":"/bin/sh","type":"stateless")"), "separator"},
        {response(R"("name":"n","executable":"..","type":"stateless")"), "dot"},
        {response(R"("name":"n","executable":"c:e","type":"stateless")"), "colon"},
        {response(R"("name":"n","executable":"-e","type":"stateless")"), "hyphen"},
        {timeout("null"), "missing"},
        {timeout("\"600\""), "must be a number"},
        {timeout("-1"), "whole number"},
        {timeout("1.5"), "whole number"},
        {timeout("600.0"), "whole number"},
        {timeout("6e2"), "whole number"},
        {timeout("1e999"), "whole number"},
        {timeout("315360001"), "ten years"},
        {timeout("9223372036854775808"), "whole number"},
        {timeout("99999999999999999999999999"), "whole number"},
        {timeout("true"), "must be a number"},
        {event(R"("source":"192.0.2.1")"), "source must be an object"},
        {event(R"("source":{"ip":["192.0.2.1"]})"), "source.ip must be a string"},
        {event(R"("source.ip":1)"), "source.ip must be a string"},
        {event(R"("user":"bob")"), "user must be an object"},
        {event(R"("user":{"name":{}})"), "user.name must be a string"},
        {event(R"("file":{"path":1})"), "file.path must be a string"},
        {event(R"("parameters":"x")"), "parameters must be an object"},
    };
}

std::vector<Case> wrong_names() {
    return {
        {raw_wazuh4("\"\""), "empty"},
        {raw_wazuh4("\"!\""), "empty"},
        {raw_wazuh4("\"!!x\""), "must not start"},
        {raw_wazuh4("\"!../x\""), "separator"},
        {raw_wazuh4("\"!/bin/sh\""), "separator"},
        {raw_wazuh4("\"!..\""), "dot"},
        {raw_wazuh4("\"!.hidden\""), "dot"},
        {raw_wazuh4("\"!-rf\""), "hyphen"},
        {raw_wazuh4(R"("!..\\..\\x")"), "separator"},
        {raw_wazuh4(R"("!C:x")"), "colon"},
        {raw_wazuh4(R"("!x:stream")"), "colon"},
        {raw_wazuh4("\"!x.\""), "ends with a dot"},
        {raw_wazuh4("\"a/b\""), "separator"},
        {raw_wazuh4("\"../x\""), "separator"},
        {raw_wazuh4(R"("a\\b")"), "separator"},
        {raw_wazuh4(R"("a\nb")"), "control characters"},
        {raw_wazuh4(R"("a\u0000b")"), "control characters"},
        {raw_wazuh4(R"("a\u0085b")"), "control characters"},
        {raw_wazuh4("\"" + std::string(256, 'a') + "\""), "longer than 255"},
        {raw_wazuh4("\"!" + std::string(256, 'a') + "\""), "longer than 255"},
    };
}

std::vector<Case> wrong_values() {
    std::vector<Case> cases;
    for (const char* address :
         {"1.2.3.4; reboot", "010.0.0.1", "1.2.3", "fe80::1%eth0", "host.example", "-h", "--help", "0x7f000001",
          "1.2.3.4/33", "1.2.3.4 ", "$(reboot)", "999.1.1.1", "1.2.3.4,5.6.7.8", "-1.2.3.4"}) {
        cases.push_back({raw_alert(std::string(R"({"data":{"srcip":")") + address + "\"}}"),
                         "data.srcip \"" + std::string(address)});
        cases.push_back(
            {event(std::string(R"("source":{"ip":")") + address + "\"}"), "source.ip \"" + std::string(address)});
    }
    cases.push_back({raw_alert(R"({"data":{"srcip":"1.2.3.4\u0000"}})"), "data.srcip"});
    cases.push_back({raw_alert(R"({"data":{"srcip":"1.2.3.4\n"}})"), "\\x0a"});
    cases.push_back({raw_alert(R"({"data":{"win":{"eventdata":{"ipAddress":"LOCAL"}}}})"), "ipAddress \"LOCAL\""});
    cases.push_back(
        {raw_alert(R"({"data":{"srcip":"1.2.3.4","win":{"eventdata":{"destinationIp":"x"}}}})"), "destinationIp"});
    cases.push_back({raw_alert(R"({"data":{"dstuser":"-rf"}})"), "hyphen"});
    cases.push_back({raw_alert(R"({"data":{"srcuser":"--help"}})"), "data.srcuser"});
    cases.push_back({raw_alert(R"({"data":{"dstuser":"a\u0000b"}})"), "control characters"});
    cases.push_back({raw_alert(R"({"data":{"dstuser":"a\nb"}})"), "control characters"});
    cases.push_back({raw_alert(R"({"data":{"dstuser":"a\u009bb"}})"), "control characters"});
    cases.push_back({raw_alert(R"({"data":{"dstuser":")" + std::string(257, 'a') + "\"}}"), "longer than 256"});
    cases.push_back({raw_alert(R"({"syscheck":{"path":"/a\u0000b"}})"), "NUL"});
    cases.push_back({raw_alert(R"({"syscheck":{"path":"-rf"}})"), "hyphen"});
    cases.push_back({raw_alert(R"({"syscheck":{"path":"/)" + std::string(4096, 'a') + "\"}}"), "longer than 4096"});
    cases.push_back({event(R"("user.name":"-x")"), "user.name"});
    cases.push_back({event(R"("file.path":"--x")"), "file.path"});
    return cases;
}

std::vector<Case> text_requests() {
    return {
        {"hello", "lacks its user"},
        {"firewall-drop600", "lacks its user"},
        {"firewall-drop600 -", "lacks its user"},
        {"firewall-drop600 ", "lacks its user"},
        {"[1, 2, 3]", "no IP address"},
        {"\"text\"", "lacks its user"},
        {"<xml/>", "separator"},
        {"GET / HTTP/1.1", "no IP address"},
        {"firewall-drop600 - 1.2.3.4;reboot 1.1 5716", "SRCIP"},
        {"firewall-drop600 - host.example 1.1 5716", "SRCIP"},
        {"firewall-drop600 - 010.0.0.1", "SRCIP"},
        {"firewall-drop600 - --flush", "SRCIP"},
        {"firewall-drop600 - fe80::1%eth0", "SRCIP"},
        {"firewall-drop600  - 1.2.3.4", "empty word"},
        {"firewall-drop600 -  1.2.3.4", "empty word"},
        {"firewall-drop600 - 1.2.3.4  5716", "empty word"},
        {"disable-account0 -root -", "hyphen"},
        {"disable-account0 " + std::string(257, 'a') + " -", "longer than 256"},
        {"x - - " + std::string(300, '1'), "longer than 256"},
        {"x - - 1.1 5716 (a) any->syscheck -rf", "hyphen"},
        {"x - - 1.1 5716 (a) any->syscheck /" + std::string(4096, 'a'), "longer than 4096"},
        {"! - -", "empty"},
        {"!../x - -", "separator"},
        {"!/bin/sh - -", "separator"},
        {"a/b - -", "separator"},
        {"a\\b - -", "separator"},
        {std::string(256, 'a') + " - -", "longer than 255"},
        {"x\t- -", "control characters"},
        {"x - -\nx - -", "control characters"},
        {std::string("x - -\0\0", 7), "control characters"},
        {std::string("x\0 - -", 6), "control characters"},
        {"x - 1.2.3.4\x1b[2J", "control characters"},
        {"x \xff -", "invalid UTF-8"},
        {"x - - 1.1 5716 \xc2\x9b", "control characters"},
    };
}

void check_all(const std::vector<Case>& cases) {
    for (const auto& entry : cases) {
        const auto& message = entry.message;
        const auto& expected = entry.expected;
        CAPTURE(riposte::first_bytes(message));
        const auto request = decode_request(message);
        REQUIRE_FALSE(request.has_value());
        const std::string reason = request.error().text();
        CAPTURE(reason);
        CHECK(reason.find(expected) != std::string::npos);
        CHECK(reason.find_first_of("\n\r\x1b") == std::string::npos);
        CHECK(reason.size() < 400);
    }
}

}  // namespace

TEST_CASE("a message that is no JSON is refused") {
    check_all(not_json());
}
TEST_CASE("a Wazuh 4 message with a member missing or of the wrong kind is refused") {
    check_all(wrong_wazuh4());
}
TEST_CASE("a member that two readers could take differently is refused") {
    check_all(ambiguous());
}
TEST_CASE("a Wazuh 5 message with a member missing or of the wrong kind is refused") {
    check_all(wrong_wazuh5());
}
TEST_CASE("a name that could leave the bin directory is refused") {
    check_all(wrong_names());
}
TEST_CASE("a value that is no address, user or file name is refused") {
    check_all(wrong_values());
}
TEST_CASE("a text request that cannot be told safely is refused") {
    check_all(text_requests());
}

TEST_CASE("a real message that is cut anywhere is refused") {
    for (std::size_t length = 0; length < kGood.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(decode_request(kGood.substr(0, length)).has_value());
    }
    CHECK(decode_request(kGood).has_value());
}

TEST_CASE("ten thousand members are read in time") {
    std::string members;
    for (int i = 0; members.size() < 60'000; ++i) members += "\"" + std::to_string(i) + "\":0,";
    CHECK(
        decode_request(raw_wazuh4("\"x\"", "{" + members + R"("alert":{"data":{"srcip":"192.0.2.1"}}})")).has_value());
    CHECK(decode_request("{" + members + kGood.substr(1)).has_value());
}
