// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/program_commands.h"
#include "tests/manager/program_options.h"
#include "tests/manager/raw_agent.h"
#include "tests/support/files.h"
#include "tests/support/wait.h"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <vector>

using namespace riposte::simulator;
using riposte::test::wait_until;

namespace {

// Collects the lines that the program prints; any thread may print.
class Printed {
  public:
    Print print() {
        return [this](const boost::json::object& line) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(boost::json::serialize(line));
        };
    }
    std::string last() const {
        const std::lock_guard lock(mutex_);
        return lines_.empty() ? "" : lines_.back();
    }
    bool has(const std::string& part) const {
        const std::lock_guard lock(mutex_);
        return std::any_of(lines_.begin(), lines_.end(),
                           [&](const std::string& line) { return line.find(part) != std::string::npos; });
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

std::string option_error(const std::vector<std::string>& arguments) {
    const auto parsed = parse_program_options(arguments);
    return parsed ? "" : parsed.error().text();
}

}  // namespace

TEST_CASE("the command line of the simulator") {
    const riposte::test::TemporaryDirectory directory;
    riposte::test::write_file(directory / "ar.conf", "a0 - a - 0\nb600 - b - 600\n");
    riposte::test::write_file(directory / "client.keys", "001 web01 any abc\n002 web02 10.0.0.0/8 def\n");
    const auto parsed = parse_program_options({"--kind",       "wazuh5",
                                               "--port",       "1514",
                                               "--https-port", "0",
                                               "--password",   "p w",
                                               "--groups",     "a,b",
                                               "--protocol",   "tcp",
                                               "--clock",      "-400",
                                               "--ar-conf",    (directory / "ar.conf").string(),
                                               "--keys",       (directory / "client.keys").string(),
                                               "--agent",      "003 web03 any ghi"});
    REQUIRE(parsed.has_value());
    const Options& options = parsed->options;
    CHECK(options.kind == Kind::Wazuh5);
    CHECK(options.port == 1514);
    CHECK(options.https);
    CHECK(options.password == "p w");
    CHECK(options.groups == std::vector<std::string>{"a", "b"});
    CHECK(options.tcp);
    CHECK_FALSE(options.udp);
    CHECK(options.clock_offset == std::chrono::seconds(-400));
    CHECK(options.ar_conf == std::vector<std::string>{"a0 - a - 0", "b600 - b - 600"});
    REQUIRE(parsed->agents.size() == 3);
    CHECK(parsed->agents[1].line() == "002 web02 10.0.0.0/8 def");

    CHECK(option_error({"--colour"}) == "unknown option --colour; --help tells those there are");
    CHECK(option_error({"--port"}).starts_with("--port needs a value"));
    CHECK(option_error({"--port", "70000"}) == "--port 70000: a port is a number up to 65535");
    CHECK(option_error({"--kind", "x"}) == "--kind x: a kind is wazuh4, wazuh5 or ossec");
    CHECK(option_error({"--agent", "001 web01"}).starts_with("--agent 001 web01: an agent is a line"));
    CHECK(option_error({"--certificate", "nowhere"}) != "");
    CHECK(program_help().find("--enrol-port N") != std::string::npos);
    CHECK(commands_help().find("req ID TARGET COMMAND") != std::string::npos);
}

TEST_CASE("commands of the simulator") {
    Printed printed;
    Options options;
    options.enrolment = false;
    options.listener = printed.print();
    const auto started = ManagerSimulator::start(options);
    REQUIRE(started.has_value());
    ManagerSimulator& simulator = **started;
    const auto tell = [&](const std::string& line) {
        CHECK(obey(simulator, line, printed.print()));
        return printed.last();
    };
    CHECK(tell("add web01").starts_with(R"({"done":"add","key":"001 web01 any )"));
    RawAgent agent(simulator.agent("001")->key, Method::Aes, Transport::Tcp, simulator.port());
    CHECK(tell("send 001 {}") == R"({"error":"agent 001 is not connected","command":"send"})");
    agent.send("#!-agent startup ");
    CHECK(agent.receive() == "#!-agent ack ");
    CHECK(printed.has(R"({"happened":"startup","id":"001")"));

    CHECK(tell("send 001 firewall-drop0 - 203.0.113.9\r") == R"({"done":"send"})");
    CHECK(agent.receive() == "#!-execd firewall-drop0 - 203.0.113.9");
    CHECK(tell("send all {}") == R"({"done":"send","reached":1})");
    CHECK(agent.receive() == "#!-execd {}");
    CHECK(tell("message 001 #!-other") == R"({"done":"message"})");
    CHECK(agent.receive() == "#!-other");
    tell("reconnect 001");
    CHECK(agent.receive() == "#!-force_reconnect");
    tell("req 001 com getconfig active-response");
    CHECK(agent.receive() == "#!-req 1 com getconfig active-response");
    agent.send("#!-req 1 ok {}");
    CHECK(wait_until([&] { return printed.has(R"("request":"com getconfig active-response","answer":"ok {}")"); }));
    tell("push 001");
    CHECK(agent.receive()->starts_with("#!-up file "));
    agent.send("1:place:text");
    CHECK(wait_until([&] { return printed.has(R"("location":"place","text":"text")"); }));
    CHECK(tell("events") == R"({"done":"events","events":1})");
    CHECK(tell("agents") == R"({"done":"agents","agents":1})");
    CHECK(printed.has(R"({"agent":{"id":"001","name":"web01","ip":"any","connected":true,"transport":"tcp")"));
    CHECK(tell("counts").starts_with(R"({"done":"counts","connections":1,"open":1,)"));
    CHECK(tell("task 001 {").starts_with(R"({"error":)"));
    CHECK(tell("nonsense").starts_with(R"({"error":"unknown command nonsense)"));
    CHECK(tell("drop 001") == R"({"done":"drop"})");
    CHECK(tell("remove 001") == R"({"done":"remove"})");
    CHECK(tell("stop") == R"({"done":"stop"})");
    CHECK(tell("start") == R"({"done":"start"})");
    CHECK(obey(simulator, "", printed.print()));
    CHECK_FALSE(obey(simulator, "quit", printed.print()));
}
