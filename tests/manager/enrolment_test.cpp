// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/certificate.h"
#include "tests/manager/cipher.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/raw_agent.h"
#include "tests/manager/started.h"

#include <boost/asio/ssl/context.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace riposte::simulator;

namespace {

std::optional<std::string> enrol(const ManagerSimulator& simulator, const std::string& text) {
    TlsCall call;
    call.port = simulator.enrolment_port();
    call.text = text;
    return call_tls(call);
}

KeyEntry key_in(const std::string& answer) {
    const std::size_t first = answer.find('\'');
    const std::size_t last = answer.rfind('\'');
    REQUIRE(last > first);
    return key_of_line(answer.substr(first + 1, last - first - 1));
}

}  // namespace

TEST_CASE("Wazuh gives a key without a line end, OSSEC with two") {
    for (const Kind kind : {Kind::Wazuh4, Kind::Wazuh5, Kind::Ossec}) {
        CAPTURE(name_of(kind));
        const auto simulator = started(of_kind(kind));
        const auto answer = enrol(*simulator, "OSSEC A:'web01' V:'v4.2.0'\n");
        REQUIRE(answer.has_value());
        CHECK(answer->starts_with("OSSEC K:'"));
        CHECK(answer->ends_with(kind == Kind::Ossec ? "'\n\n" : "'"));
        const KeyEntry key = key_in(*answer);
        CHECK(key.id == (kind == Kind::Ossec ? "1024" : "001"));
        CHECK(key.name == "web01");
        CHECK(key.ip == "any");
        CHECK(key.key.size() == 64);
        CHECK(simulator->agent(key.id)->key.key == key.key);
        CHECK(simulator->enrolments().at(0).version == (kind == Kind::Ossec ? "" : "v4.2.0"));
    }
}

TEST_CASE("fields, and the words with which Wazuh refuses") {
    Options options = of_kind(Kind::Wazuh4);
    options.groups = {"default", "web"};
    const auto simulator = started(options);
    struct Row {
        const char* request;
        const char* reason;
    };
    for (const auto& row : {
             Row{"hello\n", "Invalid request for new agent"},
             Row{"OSSEC PASS: secret OSSEC A:'web01'\n", "Invalid request for new agent"},
             Row{"OSSEC A:'x'\n", "Invalid agent name: x"},
             Row{"OSSEC A:'we b'\n", "Invalid agent name: we b"},
             Row{"OSSEC A:'web01' V:'v4.15.0'\n", "Agent version must be lower or equal to manager version"},
             Row{"OSSEC A:'web01' V:'v4.14.9\n", "Unterminated version field"},
             Row{"OSSEC A:'web01' G:'web,other'\n", "Invalid group: other"},
             Row{"OSSEC A:'web01' IP:'nowhere'\n", "Invalid IP: nowhere"},
         }) {
        CAPTURE(row.request);
        CHECK(enrol(*simulator, row.request) == "ERROR: " + std::string(row.reason) + ". Unable to add agent");
    }
    CHECK(simulator->agents().empty());
    const auto key = key_in(enrol(*simulator, "OSSEC A:'web01' V:'v4.14.9' G:'web,default' IP:'src'\n").value());
    CHECK(key.ip == "127.0.0.1");
    CHECK(key_in(enrol(*simulator, "OSSEC A:'web02' IP:'10.0.0.0/8'\n").value()).ip == "10.0.0.0/8");
    // Out of order is not seen.
    CHECK(enrol(*simulator, "OSSEC A:'web03' G:'web' V:'v9.0.0'\n")->starts_with("OSSEC K:'"));
}

TEST_CASE("a password is asked for; OSSEC refuses without a word") {
    for (const Kind kind : {Kind::Wazuh4, Kind::Ossec}) {
        CAPTURE(name_of(kind));
        Options options = of_kind(kind);
        options.password = "top secret";
        const auto simulator = started(options);
        const std::string refused = kind == Kind::Ossec ? "" : "ERROR: Invalid password. Unable to add agent";
        CHECK(enrol(*simulator, "OSSEC A:'web01'\n") == refused);
        CHECK(enrol(*simulator, "OSSEC PASS: wrong OSSEC A:'web01'\n") == refused);
        CHECK(enrol(*simulator, "OSSEC PASS: top secret OSSEC A:'web01'\n")->starts_with("OSSEC K:'"));
    }
}

TEST_CASE("a name that is taken: Wazuh refuses, OSSEC appends a number") {
    const auto ossec = started(of_kind(Kind::Ossec));
    CHECK(key_in(enrol(*ossec, "OSSEC A:'web01'\n").value()).name == "web01");
    CHECK(key_in(enrol(*ossec, "OSSEC A:'web01'\n").value()).name == "web012");
    CHECK(enrol(*ossec, "OSSEC A:'.x'\n") == "ERROR: Invalid agent name: .x\n\nERROR: Unable to add agent.\n\n");

    const auto wazuh = started(of_kind(Kind::Wazuh4));
    enrol(*wazuh, "OSSEC A:'web01'\n");
    CHECK(enrol(*wazuh, "OSSEC A:'web01'\n") == "ERROR: Duplicate agent name: web01. Unable to add agent");
}

TEST_CASE("an agent that has lost its key takes its own place, one that holds it does not") {
    Options options = of_kind(Kind::Wazuh4);
    options.replace.after_registration_time = std::chrono::seconds(0);
    options.replace.disconnected_time = std::chrono::seconds(0);
    const auto simulator = started(options);
    const KeyEntry first = key_in(enrol(*simulator, "OSSEC A:'web01'\n").value());
    const std::string hash = sha1_hex(first.id + first.name + first.key);
    CHECK(enrol(*simulator, "OSSEC A:'web01' K:'" + hash + "'\n") ==
          "ERROR: Duplicate agent name: web01. Unable to add agent");
    const KeyEntry second = key_in(enrol(*simulator, "OSSEC A:'web01'\n").value());
    CHECK(second.id == "002");
    CHECK(second.key != first.key);
    CHECK_FALSE(simulator->agent("001"));
}

TEST_CASE("Wazuh speaks TLS 1.3, OSSEC 1.2 only") {
    for (const Kind kind : {Kind::Wazuh4, Kind::Ossec}) {
        CAPTURE(name_of(kind));
        const auto simulator = started(of_kind(kind));
        TlsCall call;
        call.port = simulator->enrolment_port();
        call.text = "OSSEC A:'web01'\n";
        call.lowest = TLS1_3_VERSION;
        CHECK(call_tls(call).has_value() == (kind == Kind::Wazuh4));
        call.text = "OSSEC A:'web02'\n";
        call.lowest = call.highest = TLS1_2_VERSION;
        CHECK(call_tls(call).has_value());
    }
}

TEST_CASE("a manager's certificate is vouched for by the right authority and for the right name only") {
    const Certificate authority = make_authority("test authority");
    Options options = of_kind(Kind::Wazuh4);
    options.certificate = issue_certificate(authority, {"manager", {"manager.test", "*.wild.test"}, {"127.0.0.1"}});
    const auto simulator = started(options);
    TlsCall call;
    call.port = simulator->enrolment_port();
    call.text = "OSSEC A:'x'\n";
    call.authority = authority.certificate;
    for (const auto& named : {std::pair{"manager.test", true}, std::pair{"127.0.0.1", true},
                              std::pair{"a.wild.test", true}, std::pair{"other.test", false}}) {
        CAPTURE(named.first);
        call.name = named.first;
        CHECK(call_tls(call).has_value() == named.second);
    }
    call.name = "manager.test";
    call.authority = make_authority("another").certificate;
    CHECK_FALSE(call_tls(call).has_value());
}

TEST_CASE("an agent's certificate is asked for") {
    const Certificate authority = make_authority("agents");
    Options options = of_kind(Kind::Wazuh4);
    options.client_authority = authority.certificate;
    const auto simulator = started(options);
    TlsCall call;
    call.port = simulator->enrolment_port();
    call.text = "OSSEC A:'web01'\n";
    CHECK_FALSE(call_tls(call).has_value());
    call.own = issue_certificate(make_authority("agents"), {"web01", {}, {}});
    CHECK_FALSE(call_tls(call).has_value());
    call.own = issue_certificate(authority, {"web01", {}, {}});
    CHECK(call_tls(call)->starts_with("OSSEC K:'"));
}

TEST_CASE("what cannot be used is an error at the start") {
    const auto simulator = started(of_kind(Kind::Wazuh4));
    Options options = of_kind(Kind::Wazuh4);
    options.certificate = Certificate{"no certificate", "no key"};
    CHECK_FALSE(ManagerSimulator::start(options).has_value());
    options = of_kind(Kind::Ossec);
    options.address = "192.0.2.1";
    CHECK_FALSE(ManagerSimulator::start(options).has_value());
}
