// SPDX-License-Identifier: Apache-2.0
#include "src/responses/response.h"

#include "src/request/child_input.h"
#include "src/responses/address_target.h"
#include "tests/responses/run_in_process.h"
#include "tests/support/requests.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

std::string json_string(const std::string& text) {
    return Document::string(text).serialize();
}

std::string wazuh4_order(const std::string& verb, const std::string& srcip, const std::string& extra_args = "[]") {
    return order(verb, R"({"rule":{"id":"5712"},"data":{"srcip":)" + json_string(srcip) + "}}", extra_args);
}

std::string wazuh5_order(const std::string& verb, const std::string& srcip, const std::string& extra = "") {
    return R"({"command":")" + verb + R"(","source":{"ip":)" + json_string(srcip) +
           R"(},"wazuh":{"active_response":{"name":"block","executable":"stand-in","extra_arguments":)" +
           json_string(extra) + R"(,"type":"stateful","stateful_timeout":600}}})" + "\n";
}

// Records what it was asked to do.
struct StandIn {
    std::vector<std::string> done;
    Failure refusal;
    Response response;

    StandIn() {
        response.name = "stand-in";
        response.summary = "records what it is asked for";
        response.options = {
            {"--where", "PLACE", "where", true}, {"--file", "FILE", "a file"}, {"--twice", "", "twice"}};
        response.keys = address_keys;
        response.add = [this](const Task& task) { return note("add", task); };
        response.reverse = [this](const Task& task) { return note("delete", task); };
        response.status = [](const Task&, const std::vector<std::string>& targets) { return in_force(targets); };
        response.check = [](const Task&) -> Answer<std::string> { return std::string("it is all here"); };
    }

    Answer<void> note(const std::string& verb, const Task& task) {
        std::string line = verb + " " + task.request.srcip;
        for (const auto& [name, value] : task.settings) line += " " + name + "=" + value;
        done.push_back(line);
        if (!refusal.text.empty()) return refusal;
        return {};
    }

    static Answer<std::vector<bool>> in_force(const std::vector<std::string>& targets) {
        const auto networks = parse_targets(targets);
        if (!networks) return networks.error();
        std::vector<bool> result;
        for (const Network& network : *networks) result.push_back(network.text().starts_with("192."));
        return result;
    }
};

}  // namespace

TEST_CASE("an add names its keys and acts when the runner lets it") {
    StandIn stand_in;
    const RunResult run = run_in_process(stand_in.response, {}, wazuh4_order("add", "192.0.2.7") + kContinue);
    CHECK(run.code == 0);
    CHECK(run.errors.empty());
    CHECK(stand_in.done == std::vector<std::string>{"add 192.0.2.7"});
    const auto keys = parse_check_keys(run.out.substr(0, run.out.size() - 1));
    REQUIRE(keys.has_value());
    CHECK(*keys == std::vector<std::string>{"192.0.2.7"});
    CHECK(run.out.find('\n') == run.out.size() - 1);
}

TEST_CASE("an abort is obeyed, and is no failure") {
    StandIn stand_in;
    CHECK(run_in_process(stand_in.response, {}, wazuh4_order("add", "192.0.2.7") + kAbort).code == 0);
    CHECK(stand_in.done.empty());
}

TEST_CASE("without an answer that says so, nothing is done") {
    const std::vector<std::pair<std::string, int>> answers{
        {"", 1},
        {"\n", 2},
        {"continue\n", 2},
        {"{\"command\":\"Continue\"}\n", 2},
        {"{\"command\":\"continue\",\"command\":\"abort\"}\n", 2},
        {"{\"parameters\":{\"command\":\"continue\"}}\n", 2},
        {"[\"continue\"]\n", 2},
        {wazuh4_order("add", "192.0.2.7"), 2},
        {std::string("{\"command\":\"continue\"\0}\n", 24), 1},
        {std::string(2'000'000, ' ') + kContinue, 1},
    };
    for (const auto& answer : answers) {
        CAPTURE(answer.first.substr(0, 100));
        StandIn stand_in;
        const RunResult run = run_in_process(stand_in.response, {}, wazuh4_order("add", "192.0.2.7") + answer.first);
        CHECK(run.code == answer.second);
        CHECK(stand_in.done.empty());
        CHECK(run.errors.starts_with("stand-in: "));
    }
}

TEST_CASE("a delete asks nothing") {
    StandIn stand_in;
    const RunResult run = run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7"));
    CHECK(run.code == 0);
    CHECK(run.out.empty());
    CHECK(stand_in.done == std::vector<std::string>{"delete 192.0.2.7"});
}

TEST_CASE("Wazuh 5 says enable and disable, and its timeout arrives") {
    StandIn stand_in;
    std::chrono::seconds timeout{0};
    stand_in.response.add = [&](const Task& task) -> Answer<void> {
        timeout = task.request.timeout;
        return {};
    };
    CHECK(run_in_process(stand_in.response, {}, wazuh5_order("enable", "2001:DB8::7") + kContinue).code == 0);
    CHECK(timeout == std::chrono::seconds(600));
    CHECK(run_in_process(stand_in.response, {}, wazuh5_order("disable", "2001:DB8::7")).code == 0);
    CHECK(stand_in.done == std::vector<std::string>{"delete 2001:db8::7"});
    CHECK(run_in_process(stand_in.response, {}, wazuh5_order("add", "192.0.2.7") + kContinue).code == 2);
    CHECK(run_in_process(stand_in.response, {}, wazuh4_order("enable", "192.0.2.7") + kContinue).code == 2);
}

TEST_CASE("the OSSEC form is a verb and words, and nothing among them is an option") {
    StandIn stand_in;
    CHECK(run_in_process(stand_in.response, {"add", "-", "192.0.2.7", "17.3", "5712", "/var/log/auth.log", "-"}).code ==
          0);
    CHECK(run_in_process(stand_in.response, {"delete", "root", "2001:db8::/32"}).code == 0);
    CHECK(run_in_process(stand_in.response, {"--where", "here", "add", "-", "192.0.2.8", "1", "2", "--where", "there"})
              .code == 0);
    CHECK(stand_in.done ==
          std::vector<std::string>{"add 192.0.2.7", "delete 2001:db8::/32", "add 192.0.2.8 --where=here"});
    CHECK(run_in_process(stand_in.response, {"add"}).code == 2);
    CHECK(run_in_process(stand_in.response, {"add", "192.0.2.7"}).code == 2);
    CHECK(run_in_process(stand_in.response, {"enable", "-", "192.0.2.7"}).code == 2);
}

TEST_CASE("the exit code and the error output say what happened") {
    StandIn stand_in;
    stand_in.refusal = {ExitCode::Failed, "it did not work"};
    RunResult run = run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7"));
    CHECK(run.code == 1);
    CHECK(run.errors == "stand-in: it did not work\n");
    stand_in.refusal = failed(failure(std::errc::not_supported, "there is no firewall"));
    run = run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7"));
    CHECK(run.code == 3);
    CHECK(run.errors == "stand-in: there is no firewall\n");
    stand_in.response.reverse = [](const Task&) -> Answer<void> { throw std::runtime_error("thrown"); };
    run = run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7"));
    CHECK(run.code == 1);
    CHECK(run.errors == "stand-in: thrown\n");
}

TEST_CASE("a request sets the options that it may set, and no others") {
    StandIn stand_in;
    const std::string extra = R"(["for-others","--where","there","--file","/etc/passwd","--file=/etc/shadow"])";
    CHECK(run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7", extra)).code == 0);
    CHECK(run_in_process(stand_in.response, {"--twice", "--file=/x", "--where", "here"},
                         wazuh4_order("delete", "192.0.2.7", extra))
              .code == 0);
    CHECK(run_in_process(stand_in.response, {}, wazuh5_order("disable", "192.0.2.7", "--where 'over there' --file /x"))
              .code == 0);
    CHECK(stand_in.done == std::vector<std::string>{"delete 192.0.2.7 --where=there",
                                                    "delete 192.0.2.7 --file=/x --twice=yes --where=here",
                                                    "delete 192.0.2.7 --where=over there"});
    CHECK(run_in_process(stand_in.response, {}, wazuh4_order("delete", "192.0.2.7", R"(["--where"])")).code == 2);
    CHECK(run_in_process(stand_in.response, {"--where"}).code == 2);
    CHECK(run_in_process(stand_in.response, {"--nowhere", "x"}).code == 2);
    CHECK(run_in_process(stand_in.response, {"--twice=no"}).code == 2);
}

TEST_CASE("--status prints the targets that are not in force, as they were given") {
    StandIn stand_in;
    RunResult run = run_in_process(stand_in.response, {"--status", "192.0.2.7", "192.0.2.0/24"});
    CHECK(run.code == 0);
    CHECK(run.out.empty());
    run = run_in_process(stand_in.response, {"--status", "192.0.2.7", "2001:DB8::1", "10.0.0.0/8"});
    CHECK(run.code == 4);
    CHECK(run.out == "2001:DB8::1\n10.0.0.0/8\n");
    CHECK(run_in_process(stand_in.response, {"--status"}).code == 2);
    CHECK(run_in_process(stand_in.response, {"--status", "192.0.2.7", "--help"}).code == 2);
    std::vector<std::string> many(501, "192.0.2.7");
    many.front() = "--status";
    CHECK(run_in_process(stand_in.response, many).code == 0);
    many.emplace_back("192.0.2.7");
    CHECK(run_in_process(stand_in.response, many).code == 2);
    stand_in.response.status = nullptr;
    CHECK(run_in_process(stand_in.response, {"--status", "192.0.2.7"}).code == 3);
    CHECK(stand_in.done.empty());
}

TEST_CASE("--check answers in one line, --help and --version say what it is") {
    StandIn stand_in;
    RunResult run = run_in_process(stand_in.response, {"--check"});
    CHECK(run.code == 0);
    CHECK(run.out == "it is all here\n");
    stand_in.response.check = [](const Task&) -> Answer<std::string> { return not_available("nothing here"); };
    run = run_in_process(stand_in.response, {"--check"});
    CHECK(run.code == 3);
    CHECK(run.out == "nothing here\n");

    run = run_in_process(stand_in.response, {"--help"});
    CHECK(run.code == 0);
    for (const char* part : {"stand-in records what", "--status", "--where PLACE", "--twice", "Exit codes"}) {
        CAPTURE(part);
        CHECK(run.out.find(part) != std::string::npos);
    }
    run = run_in_process(stand_in.response, {"--version"});
    CHECK(run.code == 0);
    CHECK(run.out.find("riposte-response: check status") != std::string::npos);
}

TEST_CASE("a mapped address and a network with host bits are what they mean") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"::ffff:192.0.2.7", "192.0.2.7"},        {"::FFFF:c000:207", "192.0.2.7"},
        {"192.0.2.7/24", "192.0.2.0/24"},         {"192.0.2.7/32", "192.0.2.7"},
        {"2001:DB8:0:0::7", "2001:db8::7"},       {"2001:db8::7/32", "2001:db8::/32"},
        {"::ffff:192.0.2.7/120", "192.0.2.0/24"},
    };
    for (const auto& entry : cases) {
        CAPTURE(entry.first);
        StandIn stand_in;
        CHECK(run_in_process(stand_in.response, {}, wazuh4_order("delete", entry.first)).code == 0);
        CHECK(run_in_process(stand_in.response, {"delete", "-", entry.first}).code == 0);
        CHECK(stand_in.done == std::vector<std::string>(2, "delete " + entry.second));
    }
}

TEST_CASE("hostile addresses are bad input in every form, and nothing is done") {
    const std::vector<std::string> addresses{
        "-s",
        "--help",
        "-D INPUT",
        "--flush",
        "-1.2.3.4",
        "--status=1.2.3.4",
        "1.2.3.4; reboot",
        "1.2.3.4;reboot",
        "1.2.3.4 -j ACCEPT",
        "1.2.3.4\n1.2.3.5",
        "1.2.3.4\t",
        " 1.2.3.4",
        "1.2.3.4 ",
        "$(reboot)",
        "`reboot`",
        "1.2.3.4|reboot",
        "1.2.3.4&",
        "1.2.3.4,1.2.3.5",
        "1.2.3.4-1.2.3.9",
        "!1.2.3.4",
        "010.0.0.1",
        "1.2.3",
        "1.2",
        "1",
        "16909060",
        "0x01020304",
        "0x1.2.3.4",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.400",
        "1..2.3",
        "1.2.3.4.",
        ".1.2.3.4",
        "+1.2.3.4",
        "1.2.3.-4",
        "1.2.3.4:22",
        "[::1]",
        "[2001:db8::1]:22",
        "fe80::1%eth0",
        "fe80::1%1",
        "fe80::1%$(reboot)",
        "2001:db8:::1",
        "2001:db8::1::2",
        "2001:db8::g",
        "12345::",
        "1:2:3:4:5:6:7:8:9",
        "::ffff:1.2.3",
        "::ffff:010.0.0.1",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/",
        "1.2.3.4/08",
        "1.2.3.4/24/24",
        "1.2.3.4/255.255.255.0",
        "2001:db8::/129",
        "/24",
        "0.0.0.0/0",
        "::/0",
        "1.2.3.4/0",
        "::ffff:0:0/96",
        "any",
        "all",
        "localhost",
        "example.org",
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "*",
        "1.2.3.*",
        "%n%n%s",
        "{}",
        "@address4",
        "1.2.3.4}",
        "{ 1.2.3.4 }",
        "1.2.3.4 timeout 1s",
        "\xEF\xBC\x91.2.3.4",
        "1.2.3.4\x7F",
        "\xD9\xA1.2.3.4",
        "1.2.3.4\\",
        "'1.2.3.4'",
        "\"1.2.3.4\"",
        std::string(65'536, '1'),
        std::string(65'536, ':'),
        std::string(40'000, '-'),
        std::string("1.2.3.4\0x", 9),
        std::string("\0", 1),
    };
    CHECK(addresses.size() >= 40);
    for (const std::string& address : addresses) {
        CAPTURE(address.substr(0, 80));
        StandIn stand_in;
        for (const std::string& input : {wazuh4_order("add", address) + kContinue, wazuh4_order("delete", address),
                                         wazuh5_order("enable", address) + kContinue}) {
            const RunResult run = run_in_process(stand_in.response, {}, input);
            CHECK(run.code == 2);
            CHECK(run.out.empty());
            CHECK(run.errors.size() < 300);
            CHECK(run.errors.find('\n') == run.errors.size() - 1);
        }
        CHECK(run_in_process(stand_in.response, {"add", "-", address}).code == 2);
        CHECK(run_in_process(stand_in.response, {"delete", "-", address, "1", "2", "here", "-"}).code == 2);
        CHECK(run_in_process(stand_in.response, {"--status", address}).code == 2);
        CHECK(stand_in.done.empty());
    }
}

TEST_CASE("hostile requests are bad input, and nothing is done") {
    const std::string good = wazuh4_order("delete", "192.0.2.7");
    const std::vector<std::string> inputs{
        "",
        "\n",
        "add\n",
        "delete - 192.0.2.7\n",
        "null\n",
        "[]\n",
        "{}\n",
        "{\"command\":\"delete\"}\n",
        good.substr(0, good.size() / 2),
        good.substr(0, good.size() / 2) + "\n" + good.substr(good.size() / 2),
        good.substr(0, good.size() - 1) + "{}\n",
        "\xEF\xBB\xBF" + good,
        std::string("\0", 1) + good,
        wazuh4_order("DELETE", "192.0.2.7"),
        wazuh4_order("check_keys", "192.0.2.7"),
        wazuh4_order("continue", "192.0.2.7"),
        wazuh4_order("delete", "-"),
        wazuh4_order("delete", ""),
        wazuh4_order("delete", "192.0.2.7\",\"srcip\":\"192.0.2.8"),
        R"({"version":1,"command":"delete","command":"add","parameters":{"alert":{"data":{"srcip":"192.0.2.7"}}}})"
        "\n",
        R"({"version":1,"command":"delete","parameters":{"alert":{"data":{"srcip":"192.0.2.7","SrcIP":"192.0.2.8"}}}})"
        "\n",
        R"({"version":1,"command":"delete","parameters":{"alert":{"data":{"srcip":["192.0.2.7"]}}}})"
        "\n",
        R"({"version":1,"command":"delete","parameters":{"alert":{"data":{"srcip":3221225991}}}})"
        "\n",
        R"({"version":1,"command":"delete","parameters":{"extra_args":[1],"alert":{"data":{"srcip":"192.0.2.7"}}}})"
        "\n",
        std::string(1'000, '[') + "\n",
        "{\"command\":\"" + std::string(65'536, 'x') + "\"}\n",
        std::string(2'000'000, 'x') + "\n",
        std::string(2'000'000, '\n'),
    };
    for (const std::string& input : inputs) {
        CAPTURE(input.substr(0, 120));
        StandIn stand_in;
        const RunResult run = run_in_process(stand_in.response, {}, input);
        CHECK(run.code == 2);
        CHECK(run.out.empty());
        CHECK(run.errors.size() < 400);
        CHECK(stand_in.done.empty());
    }
    StandIn stand_in;
    CHECK(run_in_process(stand_in.response, {}, good.substr(0, good.size() - 1) + "\r\n").code == 0);
    CHECK(run_in_process(stand_in.response, {}, good.substr(0, good.size() - 1)).code == 0);
    CHECK(stand_in.done.size() == 2);
}

TEST_CASE("a Windows event's address comes first, as with Wazuh's own executables") {
    const std::string input = R"({"version":1,"command":"delete","parameters":{"alert":{"data":{"srcip":"192.0.2.1",)"
                              R"("win":{"eventdata":{"ipAddress":"192.0.2.3","destinationIp":"192.0.2.2"}}}}}})"
                              "\n";
    StandIn stand_in;
    CHECK(run_in_process(stand_in.response, {}, input).code == 0);
    CHECK(stand_in.done == std::vector<std::string>{"delete 192.0.2.3"});
}
