// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/cipher.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/raw_agent.h"
#include "tests/manager/started.h"
#include "tests/support/wait.h"

#include <doctest/doctest.h>

#include <future>
#include <string>

using namespace riposte::simulator;
using riposte::test::wait_until;

namespace {

std::unique_ptr<ManagerSimulator> running(Options options) {
    options.enrolment = false;
    return started(std::move(options));
}

struct Way {
    Kind kind;
    Method method;
    Transport transport;
};

constexpr Way kWays[] = {
    {Kind::Wazuh4, Method::Aes, Transport::Tcp},  {Kind::Wazuh4, Method::Blowfish, Transport::Tcp},
    {Kind::Wazuh4, Method::Aes, Transport::Udp},  {Kind::Wazuh4, Method::Blowfish, Transport::Udp},
    {Kind::Wazuh5, Method::Aes, Transport::Tcp},  {Kind::Wazuh5, Method::Blowfish, Transport::Udp},
    {Kind::Ossec, Method::AesIv, Transport::Udp}, {Kind::Ossec, Method::Blowfish, Transport::Udp},
};

// Receives the file that the manager pushes after the first keepalive. True if it is merged.mg with the expected
// content, in messages of at most 900 bytes.
bool takes_merged(RawAgent& agent, const std::string& expected) {
    if (agent.receive() != "#!-up file " + md5_hex(expected) + " merged.mg\n") return false;
    std::string content;
    for (auto message = agent.receive(); message; message = agent.receive()) {
        if (*message == "#!-close file ") return content == expected;
        if (message->size() > 900) return false;
        content += *message;
    }
    return false;
}

// Has joined, and taken merged.mg.
struct JoinedAgent : RawAgent {
    JoinedAgent(const ManagerSimulator& simulator, const KeyEntry& key, Method method, Transport transport)
        : RawAgent(key, method, transport, simulator.port()) {
        REQUIRE(join("#!-agent startup "));
        REQUIRE(takes_merged(*this, simulator.merged()));
    }
};

}  // namespace

TEST_CASE("each kind over each transport in each method: startup, keepalive, files, responses, events") {
    for (const Way& way : kWays) {
        CAPTURE(name_of(way.kind));
        CAPTURE(name_of(way.method));
        CAPTURE((way.transport == Transport::Tcp));
        Options options = of_kind(way.kind);
        options.ar_conf = {"restart-wazuh0 - restart-wazuh - 0", "firewall-drop600 - firewall-drop - 600"};
        options.shared_files["agent.conf"] = std::string(2000, 'c');
        const auto simulator = running(options);
        const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
        JoinedAgent agent(*simulator, key, way.method, way.transport);

        const AgentView view = simulator->agent(key.id).value();
        CHECK(view.connected);
        CHECK(view.method == way.method);
        CHECK(view.transport == (way.transport == Transport::Tcp ? "tcp" : "udp"));
        CHECK(view.version == "Wazuh v4.3.0");
        CHECK(view.merged_sum == "x");
        CHECK(view.labels.at("_agent_ip") == "127.0.0.1");
        CHECK(view.labels.at("team") == "red");
        CHECK(view.startups == 1);
        CHECK(view.keepalives == 1);
        CHECK(view.pushes == 1);
        CHECK((simulator->merged().find("ar.conf\nrestart-wazuh0 - ") != std::string::npos) ==
              (way.kind != Kind::Wazuh5));

        REQUIRE(
            simulator->send_execd(key.id, "firewall-drop600 - 203.0.113.9 1.1 5716 (web01) any->x (null)").has_value());
        CHECK(agent.receive() == "#!-execd firewall-drop600 - 203.0.113.9 1.1 5716 (web01) any->x (null)");
        CHECK(simulator->send_execd_to_all("{}") == 1);
        CHECK(agent.receive() == "#!-execd {}");

        agent.send("1:active-response/bin/block:a line: with a colon");
        REQUIRE(wait_until([&] { return simulator->events().size() == 1; }));
        const Event event = simulator->events().front();
        CHECK(event.agent == key.id);
        CHECK(event.queue == '1');
        CHECK(event.location == "active-response/bin/block");
        CHECK(event.text == "a line: with a colon");

        // With the manager's own sum nothing is pushed again.
        agent.send(agent.keepalive(md5_hex(simulator->merged())));
        CHECK(agent.receive() == kAcknowledged);
        REQUIRE(simulator->force_reconnect(key.id).has_value());
        CHECK(agent.receive() == "#!-force_reconnect");
    }
}

TEST_CASE("a 5.x manager tells its limits to agents of 5.x only") {
    const auto simulator = running(of_kind(Kind::Wazuh5));
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    RawAgent agent(key, Method::Aes, Transport::Udp, simulator->port());
    agent.send(R"(#!-agent startup {"version":"v5.0.0"})");
    CHECK(agent.receive()->starts_with(R"(#!-agent ack {"limits":)"));
    agent.send(R"(#!-agent startup {"version":"v4.14.7"})");
    CHECK(agent.receive() == kAcknowledged);
    agent.send(R"(#!-{"version":"1.0","agent":{"id":"001","version":"v5.0.0","merged_sum":")" +
               md5_hex(simulator->merged()) + R"("},"host":{}})");
    CHECK(agent.receive() == kAcknowledged);
    CHECK(simulator->agent(key.id)->version == "v5.0.0");
}

TEST_CASE("versions: above the manager's, and none where one is due") {
    const auto simulator = running(of_kind(Kind::Wazuh4));
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    RawAgent agent(key, Method::Aes, Transport::Tcp, simulator->port());
    agent.send(R"(#!-agent startup {"version":"v5.0.0"})");
    CHECK(agent.receive() == R"(#!-err {"message":"Agent version must be lower or equal to manager version"})");
    agent.send("#!-agent startup {}");
    CHECK(agent.receive() == R"(#!-err {"message":"Couldn't retrieve version"})");
    CHECK_FALSE(simulator->agent(key.id)->connected);
    agent.send("#!-agent startup ");
    CHECK(agent.receive() == kAcknowledged);
    CHECK(simulator->agent(key.id)->connected);
    // Without a line end it is no keepalive, and there is no ack.
    agent.send("#!-nonsense");
    agent.send("#!-agent shutdown ");
    REQUIRE(simulator->wait_for_agent(key.id, [](const AgentView& view) { return view.shutdowns == 1; }));
    CHECK_FALSE(simulator->agent(key.id)->connected);
    CHECK(simulator->counts().invalid == 1);
    agent.send("#!-agent startup ");
    CHECK(agent.receive() == kAcknowledged);
}

TEST_CASE("OSSEC acknowledges whatever is a control message, and has no shutdown") {
    const auto simulator = running(of_kind(Kind::Ossec));
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    JoinedAgent agent(*simulator, key, Method::AesIv, Transport::Udp);
    for (const char* message : {"#!-agent shutdown ", "#!-nonsense", "#!-agent startup {\"version\":\"v9.0.0\"}"}) {
        CAPTURE(message);
        agent.send(message);
        CHECK(agent.receive() == kAcknowledged);
    }
    CHECK(simulator->agent(key.id)->connected);
    CHECK(simulator->request(key.id, "com getconfig active-response").has_error());
}

TEST_CASE("OSSEC checks the counters of an agent, Wazuh does not") {
    for (const Kind kind : {Kind::Ossec, Kind::Wazuh4}) {
        CAPTURE(name_of(kind));
        const auto simulator = running(of_kind(kind));
        const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
        RawAgent agent(key, Method::Blowfish, Transport::Udp, simulator->port());
        agent.counter = {1795000000, 5};
        const std::string first = agent.seal("#!-agent startup ");
        agent.send_block(first);
        CHECK(agent.receive() == kAcknowledged);
        agent.send_block(first);
        agent.counter = {3, 0};
        agent.send("#!-agent startup ");
        if (kind == Kind::Ossec) {
            REQUIRE(wait_until([&] { return simulator->counts().replayed == 2; }));
            CHECK(simulator->agent(key.id)->replays == 2);
            agent.counter = {1795000001, 0};
            agent.send("#!-agent startup ");
        } else {
            CHECK(agent.receive() == kAcknowledged);
        }
        CHECK(agent.receive() == kAcknowledged);
        CHECK_FALSE(agent.receive_block(std::chrono::milliseconds(0)));
    }
}

TEST_CASE("the manager's counter is one for all agents and rises with each message") {
    const auto simulator = running(of_kind(Kind::Wazuh4));
    const KeyEntry first_key = simulator->add_agent({"", "web01", "any", ""});
    const KeyEntry second_key = simulator->add_agent({"", "web02", "any", ""});
    JoinedAgent first(*simulator, first_key, Method::Aes, Transport::Tcp);
    JoinedAgent second(*simulator, second_key, Method::Blowfish, Transport::Tcp);
    const Counter before = second.last_received;
    CHECK(simulator->send_execd_to_all("{}") == 2);
    REQUIRE(first.receive());
    REQUIRE(second.receive());
    CHECK(first.last_received == Counter{0, before.local + 1});
    CHECK(second.last_received == Counter{0, before.local + 2});
}

TEST_CASE("over TCP whoever is not understood is closed without a word, over UDP not answered") {
    Options options = of_kind(Kind::Wazuh4);
    const auto simulator = running(options);
    const KeyEntry key = simulator->add_agent({"001", "web01", "any", ""});
    simulator->add_agent({"002", "far", "192.0.2.7", key.key});
    KeyEntry wrong_key = key;
    wrong_key.key = std::string(64, '0');
    KeyEntry unknown = key;
    unknown.id = "099";
    const KeyEntry elsewhere{"002", "far", "192.0.2.7", key.key};

    for (const KeyEntry& entry : {wrong_key, unknown, elsewhere}) {
        CAPTURE(entry.line());
        RawAgent agent(entry, Method::Aes, Transport::Tcp, simulator->port());
        agent.send("#!-agent startup ");
        CHECK(agent.is_closed());
        RawAgent over_udp(entry, Method::Aes, Transport::Udp, simulator->port());
        over_udp.send("#!-agent startup ");
    }
    REQUIRE(wait_until([&] { return simulator->counts().unknown == 4 && simulator->counts().undecipherable == 2; }));
    for (const std::string& frame :
         {std::string(4, '\0'), std::string("\1\0\1\0", 4), std::string("\xff\xff\xff\xff")}) {
        RawAgent agent(key, Method::Aes, Transport::Tcp, simulator->port());
        agent.send_unframed(frame);
        CHECK(agent.is_closed());
    }
    CHECK(simulator->counts().bad_frames == 3);
}

TEST_CASE("Wazuh answers a ping, OSSEC does not") {
    for (const Kind kind : {Kind::Wazuh4, Kind::Ossec}) {
        const auto simulator = running(of_kind(kind));
        const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
        RawAgent agent(key, Method::Blowfish, Transport::Udp, simulator->port());
        agent.send_block("#ping");
        if (kind == Kind::Wazuh4) CHECK(agent.receive_block() == "#pong");
        agent.send("#!-agent startup ");
        CHECK(agent.receive() == kAcknowledged);
    }
    const auto simulator = running(of_kind(Kind::Wazuh5));
    RawAgent agent({"001", "web01", "any", "k"}, Method::Aes, Transport::Tcp, simulator->port());
    agent.send_block("#ping");
    CHECK(agent.receive_block() == "#pong");
}

TEST_CASE("a fixed address stands for the prefix") {
    const auto simulator = running(of_kind(Kind::Wazuh4));
    const KeyEntry key = simulator->add_agent({"", "web01", "127.0.0.1", ""});
    RawAgent agent(key, Method::Aes, Transport::Tcp, simulator->port());
    const std::string sealed = agent.seal("#!-agent startup ");
    agent.send_block(sealed.substr(sealed.find('!', 1) + 1));
    CHECK(agent.receive() == kAcknowledged);
}

TEST_CASE("a key is in use until its connection has been idle for long") {
    Options options = of_kind(Kind::Wazuh4);
    const auto simulator = running(options);
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    JoinedAgent first(*simulator, key, Method::Aes, Transport::Tcp);
    RawAgent second(key, Method::Aes, Transport::Tcp, simulator->port());
    second.send("#!-agent startup ");
    CHECK(second.is_closed());
    CHECK(simulator->counts().key_in_use == 1);
    REQUIRE(simulator->send_execd(key.id, "{}").has_value());
    CHECK(first.receive() == "#!-execd {}");

    options.overtake_after = std::chrono::milliseconds(0);
    const auto quick = running(options);
    const KeyEntry other = quick->add_agent({"", "web01", "any", ""});
    JoinedAgent third(*quick, other, Method::Aes, Transport::Tcp);
    RawAgent fourth(other, Method::Aes, Transport::Tcp, quick->port());
    fourth.send("#!-agent startup ");
    CHECK(fourth.receive() == kAcknowledged);
    CHECK(third.is_closed());
    CHECK(quick->agent(other.id)->connected);
}

TEST_CASE("requests over TCP: one message, one answer") {
    const auto simulator = running(of_kind(Kind::Wazuh4));
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    JoinedAgent agent(*simulator, key, Method::Aes, Transport::Tcp);
    auto answer =
        std::async(std::launch::async, [&] { return simulator->request(key.id, "com getconfig active-response"); });
    const auto question = agent.receive();
    REQUIRE(question == "#!-req 1 com getconfig active-response");
    agent.send(R"(#!-req 1 ok {"active-response":{"disabled":"no"}})");
    CHECK(*answer.get() == R"(ok {"active-response":{"disabled":"no"}})");
    CHECK(simulator->request(key.id, "com restart", std::chrono::milliseconds(1)).error().text() ==
          "no answer in time");
    CHECK(simulator->request("077", "com restart").has_error());
}

TEST_CASE("requests over UDP are repeated until there is an ack, and answers are acknowledged") {
    Options options = of_kind(Kind::Wazuh4);
    options.request_repeat = std::chrono::milliseconds(20);
    const auto simulator = running(options);
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    JoinedAgent agent(*simulator, key, Method::Aes, Transport::Udp);
    auto answer = std::async(std::launch::async, [&] { return simulator->request(key.id, "agent getstate"); });
    CHECK(agent.receive() == "#!-req 1 agent getstate");
    CHECK(agent.receive() == "#!-req 1 agent getstate");
    agent.send("#!-req 1 ack");
    agent.send("#!-req 1 ok 1");
    CHECK(*answer.get() == "ok 1");
    agent.send("#!-req 1 ok 1");
    std::size_t acks = 0;
    REQUIRE(wait_until([&] {
        if (agent.receive() == "#!-req 1 ack") ++acks;
        return acks == 2;
    }));
}

TEST_CASE("what cannot be delivered is an error, and lost") {
    Options options = of_kind(Kind::Wazuh4);
    const auto simulator = running(options);
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    CHECK(simulator->send_execd("055", "{}").error().text() == "agent 055 is unknown");
    CHECK(simulator->send_execd(key.id, "{}").error().text() == "agent 001 is not connected");
    {
        JoinedAgent agent(*simulator, key, Method::Aes, Transport::Tcp);
        REQUIRE(simulator->send_execd(key.id, std::string(65399, 'x')).has_value());
        CHECK(agent.receive()->size() == 65408);
        CHECK(simulator->send_execd(key.id, std::string(65400, 'x')).error().text() == "Incorrect message size");
    }
    REQUIRE(simulator->wait_for_agent(key.id, [](const AgentView& view) { return !view.connected; }));
    CHECK(simulator->send_execd(key.id, "{}").error().text() == "agent 001 is not connected");
}

TEST_CASE("an agent that has just been enrolled is unknown until the keys have been read again") {
    Options options = of_kind(Kind::Wazuh4);
    options.key_update_delay = std::chrono::hours(1);
    auto simulator = ManagerSimulator::start(options);
    REQUIRE(simulator.has_value());
    TlsCall call;
    call.port = (*simulator)->enrolment_port();
    call.text = "OSSEC A:'web01'\n";
    REQUIRE(call_tls(call));
    RawAgent agent((*simulator)->agent("001")->key, Method::Aes, Transport::Tcp, (*simulator)->port());
    agent.send("#!-agent startup ");
    CHECK(agent.is_closed());
    CHECK((*simulator)->counts().unknown == 1);
}

TEST_CASE("a file over UDP comes with pauses") {
    Options options = of_kind(Kind::Wazuh4);
    options.udp_push_pause = std::chrono::milliseconds(10);
    for (unsigned i = 0; i < 80; ++i) options.shared_files["file" + std::to_string(i)] = std::string(1000, 'a');
    const auto simulator = running(options);
    const KeyEntry key = simulator->add_agent({"", "web01", "any", ""});
    const JoinedAgent agent(*simulator, key, Method::Aes, Transport::Udp);
    CHECK(simulator->agent(key.id)->pushes == 1);
}
