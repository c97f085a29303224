// SPDX-License-Identifier: Apache-2.0
#include "src/request/child_input.h"

#include "tests/request/decoded.h"
#include "tests/support/requests.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace riposte;
using riposte::test::decoded;
using riposte::test::wazuh4_alert;
using riposte::test::Words;

namespace {

const std::string kProgram = "active-response/bin/block";

const std::string kWazuh4 =
    R"({"version":1,"x":{"command":""},"origin":{"name":"node01","module":"wazuh-analysisd"},"command":"block600",)"
    R"("parameters":{"extra_args":["a b"],"alert":{"timestamp":"2026-08-14T12:34:56.789+0000","rule":{"level":5.0,"id":"5716"},)"
    R"("agent":{"id":"001","name":"web01","ip":"10.0.0.4"},"id":"1795488832.1","data":{"srcip":"203.0.113.9","dstuser":"bob"},)"
    R"("location":"/var/log/auth.log"}},"later":[1e2,null]})";

const std::string kWazuh5 =
    R"({"@timestamp":"2026-08-14T12:34:56.789Z","event":{"doc_id":"d1"},"source":{"ip":"203.0.113.9","port":22},)"
    R"("user.name":"bob","wazuh":{"active_response":{"name":"block-ip","executable":"block","extra_arguments":"a b",)"
    R"("location":"local","type":"stateful","stateful_timeout":600},"agent":{"id":"001","name":"web01"}}})";

const std::string kOssec = "block600 bob 203.0.113.9 1795488832.1 5716 (web01) 10.0.0.4->/var/log/auth.log (null)";

ChildInput told(const std::string& message, Dialect dialect, const std::string& extra = "") {
    Request request = decoded(message);
    const auto result = build_child_input(request, dialect, kProgram, extra);
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().text()));
    return *result;
}

std::string told_error(const std::string& message, Dialect dialect, const std::string& extra = "") {
    Request request = decoded(message);
    const auto result = build_child_input(request, dialect, kProgram, extra);
    return result ? "no error" : result.error().text();
}

Document line_of(const ChildInput& told, Verb verb = Verb::Apply) {
    const std::string line = told.line(verb);
    REQUIRE(line.ends_with('\n'));
    REQUIRE(line.find('\n') == line.size() - 1);
    const auto document = Document::parse(line);
    REQUIRE(document.has_value());
    return *document;
}

std::string at(const Document& document, const std::string& path) {
    const Document* found = document.find_path(path);
    return found == nullptr ? "absent" : found->is_string() ? found->text() : found->serialize();
}

}  // namespace

TEST_CASE("a Wazuh 4 executable gets the request with the verb in its place and everything else as it was") {
    CHECK(
        told(kWazuh4, Dialect::Wazuh4).line(Verb::Apply) ==
        R"({"version":1,"x":{"command":""},"origin":{"name":"node01","module":"wazuh-execd"},"command":"add",)"
        R"("parameters":{"extra_args":["a b"],"alert":{"timestamp":"2026-08-14T12:34:56.789+0000","rule":{"level":5.0,"id":"5716"},)"
        R"("agent":{"id":"001","name":"web01","ip":"10.0.0.4"},"id":"1795488832.1","data":{"srcip":"203.0.113.9","dstuser":"bob"},)"
        R"("location":"/var/log/auth.log"},"program":"active-response/bin/block"},"later":[1e2,null]})"
        "\n");
}

TEST_CASE("the verbs and the answers differ in the command alone") {
    const ChildInput wazuh4 = told(kWazuh4, Dialect::Wazuh4);
    CHECK(at(line_of(wazuh4, Verb::Apply), "command") == "add");
    CHECK(at(line_of(wazuh4, Verb::Reverse), "command") == "delete");
    CHECK(at(*Document::parse(wazuh4.answer(true)), "command") == "continue");
    CHECK(at(*Document::parse(wazuh4.answer(false)), "command") == "abort");

    const ChildInput wazuh5 = told(kWazuh5, Dialect::Wazuh5);
    CHECK(at(line_of(wazuh5, Verb::Apply), "command") == "enable");
    CHECK(at(line_of(wazuh5, Verb::Reverse), "command") == "disable");
    CHECK(wazuh5.answer(true).starts_with(R"({"command":"continue")"));
    CHECK(wazuh5.answer(false).ends_with("}\n"));

    Document add = line_of(wazuh4, Verb::Apply);
    add.set("command", Document::string("delete"));
    CHECK(add.serialize() + "\n" == wazuh4.line(Verb::Reverse));
    CHECK(wazuh4.argv(Verb::Apply).empty());
}

TEST_CASE("an origin is made or completed") {
    CHECK(told(R"({"version":1,"command":"x","parameters":{}})", Dialect::Wazuh4).line(Verb::Apply) ==
          R"({"version":1,"command":"add","parameters":{"extra_args":[],"program":"active-response/bin/block"},)"
          R"("origin":{"name":"","module":"wazuh-execd"}})"
          "\n");
    const ChildInput without_name =
        told(R"({"version":1,"origin":{"module":"framework"},"command":"x","parameters":{}})", Dialect::Wazuh4);
    CHECK(line_of(without_name).find("origin")->serialize() == R"({"module":"wazuh-execd","name":""})");
    const ChildInput null_name = told(
        R"({"version":1,"origin":{"name":null,"module":"framework"},"command":"x","parameters":{}})", Dialect::Wazuh4);
    CHECK(line_of(null_name).find("origin")->serialize() == R"({"name":null,"module":"wazuh-execd"})");
}

TEST_CASE("a Wazuh 5 executable gets the document with a command in front") {
    CHECK(told(kWazuh5, Dialect::Wazuh5).line(Verb::Apply) ==
          R"({"command":"enable",)" + kWazuh5.substr(1, kWazuh5.size() - 2) +
              R"(,"parameters":{"program":"active-response/bin/block"}})"
              "\n");
}

TEST_CASE("an OSSEC executable gets its arguments") {
    const ChildInput result = told(kOssec, Dialect::Ossec);
    CHECK(result.argv(Verb::Apply) ==
          Words{"add", "bob", "203.0.113.9", "1795488832.1", "5716", "(web01)", "10.0.0.4->/var/log/auth.log", "-"});
    CHECK(result.argv(Verb::Reverse).front() == "delete");
    CHECK(result.line(Verb::Apply).empty());
    CHECK(result.answer(true).empty());
    CHECK(told("restart-ossec0 - null (from_the_server) (no_rule_id)", Dialect::Ossec).argv(Verb::Apply) ==
          Words{"add", "-", "-", "(from_the_server)", "(no_rule_id)"});
    CHECK(told("x - -", Dialect::Ossec).argv(Verb::Apply) == Words{"add", "-", "-"});
    CHECK(told("x - ::ffff:192.0.2.1", Dialect::Ossec).argv(Verb::Apply) == Words{"add", "-", "192.0.2.1"});
}

TEST_CASE("local extra arguments follow those of the request") {
    const std::string extra = "'c d' {data.srcip} -x";
    CHECK(line_of(told(kWazuh4, Dialect::Wazuh4, extra)).find_path("parameters.extra_args")->serialize() ==
          R"(["a b","c d","203.0.113.9","-x"])");
    CHECK(at(line_of(told(kWazuh5, Dialect::Wazuh5, extra)), "wazuh.active_response.extra_arguments") ==
          "a b c d 203.0.113.9 -x");
    CHECK(at(line_of(told(kWazuh5, Dialect::Wazuh5, "{source.ip}")), "wazuh.active_response.extra_arguments") ==
          "a b 203.0.113.9");
    const Words ossec = told(kOssec, Dialect::Ossec, extra + " {rule.id}").argv(Verb::Apply);
    CHECK(Words(ossec.end() - 4, ossec.end()) == Words{"c d", "203.0.113.9", "-x", "5716"});
    const Words from_json = told(kWazuh4, Dialect::Ossec, extra).argv(Verb::Apply);
    CHECK(Words(from_json.end() - 4, from_json.end()) == Words{"a b", "c d", "203.0.113.9", "-x"});
}

TEST_CASE("an executable of another dialect is told the same target") {
    for (const std::string& message : {kWazuh4, kWazuh5, kOssec}) {
        CAPTURE(message);
        const Document wazuh4 = line_of(told(message, Dialect::Wazuh4));
        CHECK(at(wazuh4, "version") == "1");
        CHECK(at(wazuh4, "origin.module") == "wazuh-execd");
        CHECK(at(wazuh4, "parameters.program") == kProgram);
        CHECK(at(wazuh4, "parameters.alert.data.srcip") == "203.0.113.9");
        CHECK(at(wazuh4, "parameters.alert.data.dstuser") == "bob");

        const Document wazuh5 = line_of(told(message, Dialect::Wazuh5));
        CHECK(wazuh5.members().front().first == "command");
        CHECK(at(wazuh5, "source.ip") == "203.0.113.9");
        CHECK(at(wazuh5, "user.name") == "bob");
        CHECK(at(wazuh5, "wazuh.active_response.executable").starts_with("block"));

        const Words ossec = told(message, Dialect::Ossec).argv(Verb::Apply);
        CHECK(Words(ossec.begin(), ossec.begin() + 3) == Words{"add", "bob", "203.0.113.9"});
    }
}

TEST_CASE("what is mapped can be decoded again as the other dialect") {
    const Document as_wazuh5 = line_of(told(kWazuh4, Dialect::Wazuh5));
    Document message = as_wazuh5;
    std::erase_if(message.members(), [](const auto& member) { return member.first == "command"; });
    const Request wazuh5 = decoded(message.serialize());
    CHECK(wazuh5.dialect == Dialect::Wazuh5);
    CHECK(wazuh5.srcip == "203.0.113.9");
    CHECK(wazuh5.rule_id == "5716");
    CHECK(wazuh5.alert_id == "1795488832.1");
    CHECK(wazuh5.extra_args == Words{"a b"});
    CHECK(wazuh5.made == wall_time_of(1786710896789));

    const Request wazuh4 = decoded(line_of(told(kWazuh5, Dialect::Wazuh4)).serialize());
    CHECK(wazuh4.dialect == Dialect::Wazuh4);
    CHECK(wazuh4.srcip == "203.0.113.9");
    CHECK(wazuh4.user == "bob");
    CHECK(wazuh4.alert_id == "d1");
    CHECK(at(wazuh4.alert(), "source.port") == "22");
    CHECK(wazuh4.extra_args == Words{"a b"});
}

TEST_CASE("OSSEC arguments from JSON stand where its scripts look") {
    CHECK(told(kWazuh4, Dialect::Ossec).argv(Verb::Apply) == Words{"add", "bob", "203.0.113.9", "1795488832.1", "5716",
                                                                   "(web01)", "10.0.0.4->/var/log/auth.log", "-",
                                                                   "a b"});
    CHECK(told(wazuh4_alert("block600", "{}"), Dialect::Ossec).argv(Verb::Apply) ==
          Words{"add", "-", "-", "-", "-", "-", "-"});
    const std::string with_file =
        wazuh4_alert("block600", R"({"syscheck":{"path":"/tmp/my file"},"location":"syscheck"})");
    CHECK(told(with_file, Dialect::Ossec).argv(Verb::Apply) ==
          Words{"add", "-", "-", "-", "-", "syscheck", "/tmp/my file"});
}

TEST_CASE("a text request's alert holds what its words said") {
    const Document line = line_of(told("q0 bob 203.0.113.9 1.1 554 (a) any->syscheck /tmp/my file", Dialect::Wazuh4));
    CHECK(
        line.find_path("parameters.alert")->serialize() ==
        R"({"id":"1.1","location":"(a) any->syscheck","rule":{"id":"554"},"data":{"srcip":"203.0.113.9","dstuser":"bob"},)"
        R"("syscheck":{"path":"/tmp/my file"}})");
    const Document bare = line_of(told("q0 - -", Dialect::Wazuh4));
    CHECK(bare.find_path("parameters.alert")->serialize() == "{}");
}

TEST_CASE("mapping leaves no other target for the other dialect's readers") {
    const std::string tail = R"("wazuh":{"active_response":{"name":"n","executable":"block","type":"stateless"}}})";
    const Document from5 = line_of(told(
        R"({"source.ip":"203.0.113.9","data":{"kept":1,"win":{"eventdata":{"ipAddress":"10.0.0.1"}},"SrcIP":"10.0.0.2",)"
        R"("srcip":"10.0.0.3","srcuser":"root"},"DATA":{"srcip":"10.0.0.4"},"data.srcip":"10.0.0.5","syscheck":"x",)" +
            tail,
        Dialect::Wazuh4));
    const Document* alert = from5.find_path("parameters.alert");
    CHECK(alert->find("data")->serialize() == R"({"kept":1,"srcip":"203.0.113.9"})");
    CHECK(alert->serialize().find("10.0.0.") == std::string::npos);
    CHECK(alert->count("data") == 1);
    CHECK(alert->find("syscheck") == nullptr);

    const Document from4 = line_of(told(
        wazuh4_alert(
            "block600",
            R"({"data":{"srcip":"203.0.113.9"},"source.ip":"10.0.0.1","source":{"ip":"10.0.0.2","IP":"10.0.0.3","port":1},)"
            R"("Source":{"ip":"10.0.0.4"},"user":{"name":"root"},"user.name":"root","command":"evil","Command":"evil",)"
            R"("wazuh":{"active_response":{"executable":"evil"}},"parameters":{"program":"evil"}})"),
        Dialect::Wazuh5));
    CHECK(from4.find("source")->serialize() == R"({"port":1,"ip":"203.0.113.9"})");
    const std::string text = from4.serialize();
    for (const char* gone : {"10.0.0.", "root", "evil"}) CHECK(text.find(gone) == std::string::npos);
}

TEST_CASE("a timeout that was looked up reaches a Wazuh 5 executable") {
    Request request = decoded(kWazuh4);
    request.timeout = std::chrono::seconds(600);
    const Document stateful = line_of(*build_child_input(request, Dialect::Wazuh5, kProgram, ""));
    CHECK(at(stateful, "wazuh.active_response.type") == "stateful");
    CHECK(at(stateful, "wazuh.active_response.stateful_timeout") == "600");
    const Document stateless = line_of(told(kWazuh4, Dialect::Wazuh5));
    CHECK(at(stateless, "wazuh.active_response.type") == "stateless");
    CHECK(at(stateless, "wazuh.active_response.stateful_timeout") == "null");
}

TEST_CASE("an alert's value never becomes an option of an OSSEC executable") {
    CHECK(told_error("x bob 203.0.113.9 --flush 5716", Dialect::Ossec).find("option") != std::string::npos);
    CHECK(told_error("x bob 203.0.113.9 1.1 5716 (a) any->/x -rf /y", Dialect::Ossec).find("option") !=
          std::string::npos);
    CHECK(told_error(wazuh4_alert("block600", R"({"id":"--flush"})"), Dialect::Ossec).find("option") !=
          std::string::npos);
    CHECK(told_error(wazuh4_alert("block600", R"({"location":"-x"})"), Dialect::Ossec).find("option") !=
          std::string::npos);
    CHECK(told_error(kWazuh4, Dialect::Ossec, "'{data.dstuser}").find("open quote") != std::string::npos);
    CHECK(told_error(wazuh4_alert("block600", R"({"data":{"x":"-rf"}})"), Dialect::Wazuh4, "{data.x}").find("option") !=
          std::string::npos);
}

TEST_CASE("control characters of an alert stay out of arguments but pass in JSON") {
    const std::string message = wazuh4_alert("block600", R"({"syscheck":{"path":"/tmp/a\nb"}})");
    CHECK(told_error(message, Dialect::Ossec).find("control") != std::string::npos);
    CHECK(at(line_of(told(message, Dialect::Wazuh5)), "file.path") == "/tmp/a\nb");
    CHECK(told_error(R"({"version":1,"command":"x","parameters":{"extra_args":["a\u0000b"]}})", Dialect::Ossec)
              .find("NUL") != std::string::npos);
}

TEST_CASE("extra arguments that cannot be understood refuse the request in every dialect") {
    for (const Dialect dialect : {Dialect::Wazuh4, Dialect::Wazuh5, Dialect::Ossec}) {
        for (const std::string& message : {kWazuh4, kWazuh5, kOssec}) {
            CHECK(told_error(message, dialect, "'open").find("open quote") != std::string::npos);
            CHECK(told_error(message, dialect, "{data.nothing}").find("names no member") != std::string::npos);
        }
    }
}

TEST_CASE("what was told is stored as one line and told again exactly") {
    for (const Dialect dialect : {Dialect::Wazuh4, Dialect::Wazuh5, Dialect::Ossec}) {
        for (const std::string& message : {kWazuh4, kWazuh5, kOssec}) {
            const ChildInput before = told(message, dialect, "'x \"y\"' \\\\");
            const std::string stored = serialize_child_input(before);
            CHECK(stored.find('\n') == std::string::npos);
            const auto after = parse_child_input(stored);
            REQUIRE(after.has_value());
            CHECK(after->dialect == dialect);
            CHECK(after->line(Verb::Reverse) == before.line(Verb::Reverse));
            CHECK(after->argv(Verb::Reverse) == before.argv(Verb::Reverse));
        }
    }
}

TEST_CASE("a request at the depth limit is stored and told again in another dialect") {
    const std::string deep = std::string(125, '[') + std::string(125, ']');
    const ChildInput before = told(R"({"deep":)" + deep + "," + kWazuh5.substr(1), Dialect::Wazuh4);
    const auto after = parse_child_input(serialize_child_input(before));
    REQUIRE(after.has_value());
    CHECK(after->line(Verb::Apply) == before.line(Verb::Apply));
}

TEST_CASE("a stored request that is damaged is refused with the reason") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "empty"},
        {"{", "truncated"},
        {"[]", "dialect is missing"},
        {R"({"document":"{\"command\":\"\"}"})", "dialect is missing"},
        {R"({"dialect":"wazuh6","document":"{}"})", "wazuh6"},
        {R"({"dialect":"wazuh4"})", "verb"},
        {R"({"dialect":"wazuh4","document":5})", "string"},
        {R"({"dialect":"wazuh4","document":"{\"x\":{\"command\":\"\"}}"})", "verb"},
        {R"({"dialect":"wazuh4","document":"{\"x\":\"\\\"command\\\":\\\"\\\"\"}"})", "verb"},
        {R"({"dialect":"wazuh4","document":"{\"x\":\"\\"})", "verb"},
        {R"({"dialect":"ossec"})", "arguments"},
        {R"({"dialect":"ossec","arguments":"x"})", "arguments"},
        {R"({"dialect":"ossec","arguments":["x",1]})", "no string"},
    };
    for (const auto& entry : cases) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        const auto result = parse_child_input(text);
        REQUIRE_FALSE(result.has_value());
        CHECK_MESSAGE(result.error().text().find(expected) != std::string::npos, result.error().text());
    }
}

TEST_CASE("the keys of a check_keys line are read") {
    const auto keys = [](const std::string& line) {
        const auto result = parse_check_keys(line);
        REQUIRE_MESSAGE(result.has_value(), line);
        return *result;
    };
    CHECK(
        keys(
            R"({"version":1,"origin":{"name":"block","module":"active-response"},"command":"check_keys","parameters":{"keys":["1.2.3.4"]}})"
            "\n") == Words{"1.2.3.4"});
    CHECK(keys(R"({"command":"check_keys","parameters":{"keys":["a","b"]}})") == Words{"a", "b"});
    CHECK(keys(R"({"command":"check_keys","parameters":{"keys":["a-b"]}})") == Words{"a-b"});
    CHECK(keys(R"({"command":"check_keys","parameters":{"keys":["a","a",""]}})") == Words{"a", "a", ""});
}

TEST_CASE("a line that is no check_keys is refused with the reason") {
    const auto with_keys = [](const std::string& keys) {
        return R"({"command":"check_keys","parameters":{"keys":)" + keys + "}}";
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "empty"},
        {"hello", "not valid JSON"},
        {"[]", "no JSON object"},
        {"\"check_keys\"", "no JSON object"},
        {"{}", "command is missing"},
        {R"({"command":"continue","parameters":{"keys":["a"]}})", "continue"},
        {R"({"command":7,"parameters":{"keys":["a"]}})", "command must be a string"},
        {R"({"command":"check_keys"})", "parameters is missing"},
        {R"({"command":"check_keys","parameters":["a"]})", "parameters must be an object"},
        {R"({"command":"check_keys","parameters":{}})", "parameters.keys is missing"},
        {with_keys("null"), "missing"},
        {with_keys("\"a\""), "array"},
        {with_keys("[]"), "empty"},
        {with_keys("[1]"), "no string"},
        {with_keys("[\"a\",null]"), "no string"},
        {with_keys("[[\"a\"]]"), "no string"},
        {with_keys("[\"a\"],\"keys\":[\"b\"]"), "twice"},
        {with_keys("[\"a\"],\"KEYS\":[\"b\"]"), "twice"},
        {R"({"command":"check_keys","command":"check_keys","parameters":{"keys":["a"]}})", "twice"},
        {R"({"Command":"check_keys","parameters":{"keys":["a"]}})", "spelt"},
        {with_keys("[\"a\"]") + "{}", "behind"},
        {with_keys("[\"a\"]") + std::string(1, '\0'), "behind"},
        {with_keys("[\"a\""), "not valid JSON"},
        {with_keys("[\"\xff\"]"), "invalid UTF-8"},
        {with_keys("[\"" + std::string(65'536, 'a') + "\"]"), "longer than 65536"},
        {std::string(100'000, '['), "longer"},
        {std::string(60'000, '['), "128"},
    };
    for (const auto& entry : cases) {
        const auto& line = entry.first;
        const auto& expected = entry.second;
        CAPTURE(line.substr(0, 200));
        const auto result = parse_check_keys(line);
        REQUIRE_FALSE(result.has_value());
        CHECK_MESSAGE(result.error().text().find(expected) != std::string::npos, result.error().text());
    }
}
