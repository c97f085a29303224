// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/cipher.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/messages.h"
#include "tests/manager/raw_agent.h"
#include "tests/manager/started.h"
#include "tests/support/os.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <zlib.h>

using namespace riposte::simulator;

namespace {

constexpr auto kBare = "#!-agent startup ";
constexpr auto kSoon = std::chrono::milliseconds(100);

struct OneAgentManager {
    explicit OneAgentManager(Options options = {}) {
        options.enrolment = false;
        simulator = started(std::move(options));
        key = simulator->add_agent({"", "web01", "any", ""});
    }
    RawAgent agent(Transport transport) const { return RawAgent(key, Method::Aes, transport, simulator->port()); }

    std::unique_ptr<ManagerSimulator> simulator;
    KeyEntry key;
};

// An agent that has started and sent no keepalive: nothing is pushed to it.
struct StartedAgent : RawAgent {
    StartedAgent(const OneAgentManager& ground, Transport transport)
        : RawAgent(ground.key, Method::Aes, transport, ground.simulator->port()) {
        send(kBare);
        REQUIRE(receive() == kAcknowledged);
    }
};

}  // namespace

TEST_CASE("a connection is dropped or reset") {
    const OneAgentManager ground;
    {
        StartedAgent agent(ground, Transport::Tcp);
        REQUIRE(ground.simulator->drop(ground.key.id).has_value());
        CHECK(agent.is_closed());
        CHECK_FALSE(agent.is_reset());
    }
    StartedAgent agent(ground, Transport::Tcp);
    REQUIRE(ground.simulator->reset(ground.key.id).has_value());
    CHECK(agent.is_closed());
    if (riposte::test::tells_resets()) {
        CHECK(agent.is_reset());
    } else {
        riposte::test::skip("that it was reset and not closed: Wine 8 does not always tell");
    }
    CHECK(ground.simulator->drop(ground.key.id).error().text() == "agent 001 has no connection");
    CHECK_FALSE(ground.simulator->agent(ground.key.id)->connected);
}

TEST_CASE("a frozen connection stays open and says nothing") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    REQUIRE(ground.simulator->freeze(ground.key.id).has_value());
    agent.send(kBare);
    REQUIRE(ground.simulator->send_execd(ground.key.id, "{}").has_value());
    CHECK_FALSE(agent.receive(kSoon));
    CHECK(agent.timed_out());
    REQUIRE(ground.simulator->drop(ground.key.id).has_value());
    CHECK(agent.is_closed());
    StartedAgent another(ground, Transport::Tcp);
}

TEST_CASE("over UDP a frozen agent is neither heard nor answered") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Udp);
    REQUIRE(ground.simulator->freeze(ground.key.id).has_value());
    agent.send(kBare);
    REQUIRE(ground.simulator->send_execd(ground.key.id, "{}").has_value());
    CHECK_FALSE(agent.receive(kSoon));
    CHECK(ground.simulator->agent(ground.key.id)->startups == 1);
    REQUIRE(ground.simulator->thaw(ground.key.id).has_value());
    agent.send(kBare);
    CHECK(agent.receive() == kAcknowledged);
}

TEST_CASE("a silent manager hears and does not answer") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    ground.simulator->set_silent(true);
    agent.send(kBare);
    REQUIRE(ground.simulator->wait_for_agent(ground.key.id, [](const AgentView& view) { return view.startups == 2; }));
    CHECK_FALSE(agent.receive(kSoon));
    ground.simulator->set_silent(false);
    agent.send(kBare);
    CHECK(agent.receive() == kAcknowledged);
}

TEST_CASE("late answers keep their order") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    ground.simulator->set_delay(kSoon);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) REQUIRE(ground.simulator->send_execd(ground.key.id, std::to_string(i)).has_value());
    ground.simulator->set_delay(std::chrono::milliseconds(0));
    REQUIRE(ground.simulator->send_execd(ground.key.id, "20").has_value());
    for (int i = 0; i <= 20; ++i) CHECK(agent.receive() == "#!-execd " + std::to_string(i));
    CHECK(std::chrono::steady_clock::now() - begin >= kSoon);
}

TEST_CASE("datagrams are lost, doubled and reordered, and nothing is made up") {
    struct Row {
        double drop, duplicate, reorder;
    };
    constexpr int kSent = 100;  // what a socket holds until it is read
    for (const Row& row : {Row{0.5, 0, 0}, Row{0, 0.5, 0}, Row{0, 0, 0.5}}) {
        CAPTURE(row.drop);
        CAPTURE(row.duplicate);
        const OneAgentManager ground;
        StartedAgent agent(ground, Transport::Udp);
        ground.simulator->set_datagram_faults(row.drop, row.duplicate, row.reorder);
        for (int i = 0; i < kSent; ++i)
            REQUIRE(ground.simulator->send_execd(ground.key.id, std::to_string(i)).has_value());
        // Without faults, an end that is told apart.
        ground.simulator->set_datagram_faults(0, 0, 0);
        std::vector<int> came;
        std::optional<std::string> message;
        REQUIRE(ground.simulator->send_execd(ground.key.id, "-1").has_value());
        while ((message = agent.receive(std::chrono::milliseconds(500))))
            if (*message != "#!-execd -1") came.push_back(std::stoi(message->substr(9)));
        const std::set<int> different(came.begin(), came.end());
        CHECK((different.size() < kSent) == (row.drop > 0));
        CHECK((came.size() > different.size()) == (row.duplicate > 0));
        CHECK(std::is_sorted(came.begin(), came.end()) == (row.reorder == 0));
        CHECK(came.size() > kSent / 4);
    }
}

TEST_CASE("a restart closes everything and listens on the same port again") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    const std::uint16_t port = ground.simulator->port();
    ground.simulator->stop();
    CHECK(agent.is_closed());
    CHECK_THROWS(ground.agent(Transport::Tcp));
    CHECK(ground.simulator->send_execd(ground.key.id, "{}").has_error());
    REQUIRE(ground.simulator->start_again().has_value());
    CHECK(ground.simulator->port() == port);
    {
        StartedAgent again(ground, Transport::Tcp);
        CHECK(again.last_received > agent.last_received);
    }
    ground.simulator->stop();
    REQUIRE(ground.simulator->start_again(false).has_value());
    const StartedAgent fresh(ground, Transport::Udp);
    CHECK(fresh.last_received == Counter{0, 1});
}

TEST_CASE("a wrong key, a replay, garbage") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    REQUIRE(ground.simulator->use_wrong_key(ground.key.id, true).has_value());
    REQUIRE(ground.simulator->send_execd(ground.key.id, "{}").has_value());
    const auto block = agent.receive_block();
    REQUIRE(block.has_value());
    CHECK_FALSE(open_block(*block, key_text(ground.key), Method::Aes));
    REQUIRE(ground.simulator->use_wrong_key(ground.key.id, false).has_value());

    REQUIRE(ground.simulator->send_execd(ground.key.id, "once").has_value());
    REQUIRE(ground.simulator->replay_last(ground.key.id).has_value());
    CHECK(agent.receive() == "#!-execd once");
    const Counter first = agent.last_received;
    CHECK(agent.receive() == "#!-execd once");
    CHECK(agent.last_received == first);

    const auto sealed = ground.simulator->seal(ground.key.id, "#!-execd late");
    REQUIRE(ground.simulator->send_execd(ground.key.id, "early").has_value());
    REQUIRE(ground.simulator->send_block(ground.key.id, *sealed).has_value());
    CHECK(agent.receive() == "#!-execd early");
    CHECK(agent.receive() == "#!-execd late");

    REQUIRE(ground.simulator->send_block(ground.key.id, "garbage").has_value());
    CHECK(agent.receive_block() == "garbage");
    REQUIRE(ground.simulator->send_bytes(ground.key.id, "raw").has_value());
    CHECK(agent.receive_unframed(3) == "raw");
    REQUIRE(ground.simulator->send_oversized_frame(ground.key.id).has_value());
    CHECK(agent.receive_unframed(4) == std::string("\1\0\1\0", 4));
}

TEST_CASE("a bomb is a valid block that inflates to more than any may") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    constexpr std::size_t kInflated = 50'000'000;
    REQUIRE(ground.simulator->send_bomb(ground.key.id, kInflated).has_value());
    const auto block = agent.receive_block();
    REQUIRE(block.has_value());
    CHECK(block->size() <= kLargestBlock);
    const auto plain = decipher(Method::Aes, key_text(ground.key), block->substr(5));
    REQUIRE(plain.has_value());
    std::string inflated(kInflated + 100, '\0');
    uLongf size = inflated.size();
    const std::string stream = plain->substr(plain->find_first_not_of('!'));
    CHECK(uncompress(reinterpret_cast<Bytef*>(inflated.data()), &size, reinterpret_cast<const Bytef*>(stream.data()),
                     stream.size()) == Z_OK);
    CHECK(size == kInflated + 53);
    CHECK(ground.simulator->send_bomb(ground.key.id, 200'000'000).has_error());
}

TEST_CASE("files of bad names and sums, and one without an end") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    const std::string content = merged_entry("../../evil", "x") + merged_entry("/etc/passwd", "y");
    REQUIRE(ground.simulator->push_file(ground.key.id, "../merged.mg", content).has_value());
    CHECK(agent.receive() == "#!-up file " + md5_hex(content) + " ../merged.mg\n");
    CHECK(agent.receive() == "!1 ../../evil\nx!1 /etc/passwd\ny");
    CHECK(agent.receive() == "#!-close file ");
    REQUIRE(ground.simulator->push_file(ground.key.id, "merged.mg", "abc", std::string(32, '0')).has_value());
    CHECK(agent.receive() == "#!-up file " + std::string(32, '0') + " merged.mg\n");
    CHECK(agent.receive() == "abc");
    CHECK(agent.receive() == "#!-close file ");

    REQUIRE(ground.simulator->push_endless(ground.key.id).has_value());
    CHECK(agent.receive()->starts_with("#!-up file "));
    const std::string chunk(900, 'x');
    for (int i = 0; i < 1000; ++i) REQUIRE(agent.receive() == chunk);
    ground.simulator->stop_endless();
    REQUIRE(ground.simulator->send_execd(ground.key.id, "{}").has_value());
    // Chunks that were on their way when it stopped come first.
    auto received = agent.receive();
    while (received == chunk) received = agent.receive();
    CHECK(received == "#!-execd {}");
}

TEST_CASE("a removed agent is unknown") {
    const OneAgentManager ground;
    StartedAgent agent(ground, Transport::Tcp);
    ground.simulator->remove_agent(ground.key.id);
    agent.send(kBare);
    CHECK(agent.is_closed());
    CHECK(ground.simulator->counts().unknown == 1);
}
