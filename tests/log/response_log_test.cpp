// SPDX-License-Identifier: Apache-2.0
#include "src/log/response_log.h"

#include "src/action/action.h"
#include "src/action/response_line.h"
#include "src/action/text.h"
#include "src/request/document.h"
#include "tests/log/log_support.h"
#include "tests/support/stock_decoder.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace riposte;
using riposte::test::stock_decoded;
using riposte::test::text_at;
namespace fs = std::filesystem;

namespace {

constexpr const char* kMessage =
    R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":"","parameters":{"extra_args":["x"],"alert":{"rule":)"
    R"({"level":5,"id":"5710"},"data":{"srcip":"192.0.2.7","srcport":"4711"}},"program":"active-response/bin/firewall-drop"}})";

Action action_told(Dialect dialect, const std::string& document) {
    Action action;
    action.id = 42;
    action.name = "firewall-drop600";
    action.executable = "firewall-drop";
    action.srcip = "192.0.2.7";
    action.user = "mallory";
    action.filename = "/tmp/x";
    action.rule_id = "5710";
    action.alert_id = "1700000000.1";
    action.input.dialect = dialect;
    action.input.document = document;
    return action;
}

Outcome outcome_of(Outcome::Kind kind) {
    Outcome outcome;
    outcome.kind = kind;
    outcome.duration = std::chrono::milliseconds(17);
    return outcome;
}

std::string line_of(const Action& action, Verb verb, const Outcome& outcome) {
    return response_line(action, verb, outcome, wall_time_of(1'767'323'045'678));
}

std::unique_ptr<ResponseLog> open_log(const fs::path& file, const Clock& clock) {
    auto opened = ResponseLog::open(file, clock);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

}  // namespace

TEST_CASE("a wazuh4 message stands in the line as it was told, with Riposte's own member at the end") {
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    const std::string line = line_of(action, Verb::Apply, outcome_of(Outcome::Kind::Success));
    CHECK(line.find(local_time(wall_time_of(1'767'323'045'678), '/') + " active-response/bin/firewall-drop: {") == 0);
    CHECK(line.find('\n') == line.size() - 1);
    const Document document = stock_decoded(line);
    CHECK(text_at(document, "command") == "add");
    CHECK(text_at(document, "parameters.program") == "active-response/bin/firewall-drop");
    CHECK(text_at(document, "origin.name") == "node01");
    CHECK(text_at(document, "parameters.alert.data.srcport") == "4711");
    CHECK(text_at(document, "riposte.action") == "42");
    CHECK(text_at(document, "riposte.outcome") == to_string(Outcome::Kind::Success));
    CHECK(text_at(document, "riposte.duration_ms") == "17");
    CHECK(text_at(document, "riposte.exit_code") == "0");
    CHECK(document.members().back().first == "riposte");
    // The stock decoder reads this text as well, besides the JSON.
    CHECK(line.find(R"("data":{"srcip":"192.0.2.7")") != std::string::npos);

    CHECK(text_at(stock_decoded(line_of(action, Verb::Reverse, outcome_of(Outcome::Kind::Success))), "command") ==
          "delete");
}

TEST_CASE("other dialects are written in the form that the rules read") {
    Action ossec = action_told(Dialect::Ossec, "");
    ossec.input.arguments = {"mallory", "192.0.2.7", "1700000000.1", "5710"};
    const Action wazuh5 =
        action_told(Dialect::Wazuh5, R"({"wazuh":{"active_response":{"name":"x"}},"source":{"ip":"192.0.2.7"}})");
    for (const Action& action : {ossec, wazuh5}) {
        for (const Verb verb : {Verb::Apply, Verb::Reverse}) {
            const std::string line = line_of(action, verb, outcome_of(Outcome::Kind::Success));
            const Document document = stock_decoded(line);
            CHECK(text_at(document, "version") == "1");
            CHECK(text_at(document, "origin.module") == "wazuh-execd");
            CHECK(text_at(document, "command") == (verb == Verb::Apply ? "add" : "delete"));
            CHECK(text_at(document, "parameters.program") == "active-response/bin/firewall-drop");
            CHECK(text_at(document, "parameters.alert.rule.id") == "5710");
            CHECK(text_at(document, "parameters.alert.data.dstuser") == "mallory");
            CHECK(text_at(document, "parameters.alert.syscheck.path") == "/tmp/x");
            CHECK(line.find(R"("data":{"srcip":"192.0.2.7")") != std::string::npos);
        }
    }
    const Document told = stock_decoded(line_of(ossec, Verb::Apply, {}));
    const Document* arguments = told.find_path("riposte.arguments");
    REQUIRE(arguments != nullptr);
    CHECK(arguments->items().size() == 4);
}

TEST_CASE("an executable that was not let act is not reported as add or delete") {
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    using Kind = Outcome::Kind;
    for (const Kind kind : {Kind::NotStarted, Kind::Refused, Kind::Stale, Kind::DryRun}) {
        const Document document = stock_decoded(line_of(action, Verb::Apply, outcome_of(kind)));
        CHECK(text_at(document, "command") == "none");
        CHECK(text_at(document, "riposte.verb") == "add");
        CHECK(text_at(document, "riposte.outcome") == to_string(kind));
        CHECK(text_at(document, "parameters.alert.data.srcport") == "4711");
    }
    for (const Kind kind : {Kind::Success, Kind::Failed, Kind::Deadline, Kind::AlreadyInForce, Kind::Lost}) {
        CHECK(text_at(stock_decoded(line_of(action, Verb::Apply, outcome_of(kind))), "command") == "add");
    }
}

TEST_CASE("a failed execution tells how it ended") {
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    Outcome outcome = outcome_of(Outcome::Kind::Failed);
    outcome.exit_code = 3;
    outcome.text = "exit code 3";
    outcome.output = std::string(5000, 'x') + "the end";
    const Document failed = stock_decoded(line_of(action, Verb::Apply, outcome));
    CHECK(text_at(failed, "riposte.exit_code") == "3");
    CHECK(text_at(failed, "riposte.reason") == "exit code 3");
    const std::string output = text_at(failed, "riposte.output");
    CHECK(output.size() == 1024);
    CHECK(output.substr(output.size() - 7) == "the end");

    outcome.exit_code = 0;
    outcome.signal = 9;
    const Document killed = stock_decoded(line_of(action, Verb::Apply, outcome));
    CHECK(text_at(killed, "riposte.signal") == "9");
    CHECK(text_at(killed, "riposte.exit_code") == "(absent)");
}

TEST_CASE("no value can forge a line or another program's name") {
    const std::string hostile =
        "x\n2026/01/02 03:04:05 active-response/bin/firewall-drop: {\"command\":\"delete\"}\r\x1b\xff";
    Action action = action_told(Dialect::Ossec, "");
    action.user = action.filename = action.srcip = action.rule_id = action.alert_id = hostile;
    action.input.arguments = {hostile};
    action.executable = "evil: {}\nname";
    Outcome outcome = outcome_of(Outcome::Kind::Failed);
    outcome.text = outcome.output = hostile;
    for (const Dialect dialect : {Dialect::Ossec, Dialect::Wazuh5, Dialect::Wazuh4}) {
        action.input.dialect = dialect;
        action.input.document =
            dialect == Dialect::Wazuh4 ? std::string("{\"version\":1,\n\"x\":\"") + hostile + "\"}" : "";
        const std::string line = line_of(action, Verb::Apply, outcome);
        CHECK(line.find('\n') == line.size() - 1);
        for (const char c : {'\r', '\x1b', '\xff'}) CHECK(line.find(c) == std::string::npos);
        CHECK(line.find("active-response/bin/evil:_{}_name: {") == 20);
        CHECK(text_at(stock_decoded(line), "command") == "add");
    }
}

TEST_CASE("a text stands in one line behind the program's name, whatever is in it") {
    const std::string line = response_text_line(
        "restart wazuh", "restarted\n2026/01/02 03:04:05 active-response/bin/x: {\t\xFF", WallTime());
    CHECK(line.find(" active-response/bin/restart_wazuh: restarted 2026/") != std::string::npos);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.ends_with(": { \xEF\xBF\xBD\n"));
    CHECK(response_text_line("x", std::string(100'000, 'y'), WallTime()).size() < 1200);
}

TEST_CASE("a message cannot speak in Riposte's name") {
    const std::string message =
        R"({"version":1,"command":"","riposte":{"outcome":"forged"},"parameters":{"alert":{"note":"\"riposte\"","riposte":1}}})";
    const Document document =
        stock_decoded(line_of(action_told(Dialect::Wazuh4, message), Verb::Apply, outcome_of(Outcome::Kind::Success)));
    CHECK(document.count("riposte") == 1);
    CHECK(text_at(document, "riposte.action") == "42");
    CHECK(text_at(document, "parameters.alert.riposte") == "1");
    CHECK(text_at(document, "command") == "add");
}

TEST_CASE("a line stays within its bound and keeps what matters of a large alert") {
    const std::string large(kMaxResponseLine, 'x');
    const Action action =
        action_told(Dialect::Wazuh4, R"({"version":1,"command":"","parameters":{"alert":{"full_log":")" + large +
                                         R"("},"program":"active-response/bin/firewall-drop"}})");
    const std::string line = line_of(action, Verb::Apply, outcome_of(Outcome::Kind::Success));
    CHECK(line.size() < 2000);
    const Document document = stock_decoded(line);
    CHECK(text_at(document, "command") == "add");
    CHECK(text_at(document, "parameters.alert.data.srcip") == "192.0.2.7");
    CHECK(text_at(document, "parameters.alert.rule.id") == "5710");

    Action worst = action_told(Dialect::Ossec, "");
    worst.user = worst.filename = worst.rule_id = worst.alert_id = std::string(70'000, '"');
    worst.input.arguments = {std::string(8000, '\x01'), std::string(70'000, 'a')};
    Outcome outcome = outcome_of(Outcome::Kind::Failed);
    outcome.text = outcome.output = std::string(70'000, '\x01');
    CHECK(line_of(worst, Verb::Apply, outcome).size() <= kMaxResponseLine);
    worst.input.arguments = {std::string(1300, '\x01')};
    const std::string longest = line_of(worst, Verb::Apply, outcome);
    CHECK(longest.size() <= kMaxResponseLine);
    CHECK(text_at(stock_decoded(longest), "command") == "add");
}

TEST_CASE("the file and its directory are created and each execution adds one line to what others write") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "logs" / "active-responses.log";
    const auto log = open_log(file, clock);
    CHECK(fs::exists(file));
    test::check_private(file);
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    log->write(action, Verb::Apply, outcome_of(Outcome::Kind::Success));
    test::append_to(file, "2026/01/02 03:04:05 active-response/bin/firewall-drop: Ended\n");
    log->write(action, Verb::Reverse, outcome_of(Outcome::Kind::Success));
    const auto lines = test::lines_of(file);
    REQUIRE(lines.size() == 3);
    CHECK(text_at(stock_decoded(lines[0]), "command") == "add");
    CHECK(lines[1].find("Ended") != std::string::npos);
    CHECK(text_at(stock_decoded(lines[2]), "command") == "delete");
}

TEST_CASE("a file that was rotated away or removed, even with its directory, is begun anew") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    const fs::path file = directory / "logs" / "active-responses.log";
    const auto log = open_log(file, clock);
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    log->write(action, Verb::Apply, {});
    if (!test::file_features().moved_in_use) return test::skip_files_in_use();
    fs::rename(file, directory / "rotated");
    log->write(action, Verb::Apply, {});
    CHECK(test::lines_of(directory / "rotated").size() == 1);
    CHECK(test::lines_of(file).size() == 1);
    fs::remove_all(file.parent_path());
    log->write(action, Verb::Apply, {});
    CHECK(test::lines_of(file).size() == 1);
}

TEST_CASE("a file that cannot be written is said once and said when it works again") {
    test::TemporaryDirectory directory;
    test::SetClock clock;
    test::CapturedLog said;
    const fs::path file = directory / "active-responses.log";
    const auto log = open_log(file, clock);
    const Action action = action_told(Dialect::Wazuh4, kMessage);
    if (!test::file_features().moved_in_use) return test::skip_files_in_use();
    fs::remove(file);
    test::append_to(directory / "shadow", "");
    fs::create_symlink(directory / "shadow", file);
    for (int i = 0; i < 3; ++i) log->write(action, Verb::Apply, {});
    CHECK(said.texts().size() == 1);
    CHECK(test::lines_of(directory / "shadow").empty());
    fs::remove(file);
    log->write(action, Verb::Apply, {});
    CHECK(said.texts().size() == 2);
    CHECK(test::lines_of(file).size() == 1);

    fs::remove(file);
    fs::create_directory(file);
    CHECK(ResponseLog::open(file, clock).has_error());
}
