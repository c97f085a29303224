// SPDX-License-Identifier: Apache-2.0
#include "src/channel/execq.h"

#include "tests/cli/service_fixture.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using Datagram = boost::asio::local::datagram_protocol;

namespace {

class Sender {
  public:
    explicit Sender(const fs::path& path) : socket_(loop_) {
        socket_.open();
        socket_.connect(Datagram::endpoint(path.string()));
    }
    // Blocks while the receiver's queue is full, as the agent's does.
    void send(const std::string& text) { socket_.send(boost::asio::buffer(text)); }

  private:
    boost::asio::io_context loop_;
    Datagram::socket socket_;
};

struct Channel {
    Channel() : execq(loop, [this](Incoming message) { taken.push_back(std::move(message)); }) {
        Result<RequestSocket> socket = RequestSocket::open(path());
        REQUIRE_MESSAGE(socket.has_value(), socket.error().text());
        execq.add(std::move(*socket));
    }
    fs::path path() const { return place.file("execq"); }
    bool run_until(std::size_t count) {
        return test::wait_until([&] {
            loop.restart();
            loop.poll();
            return taken.size() >= count;
        });
    }

    Place place;
    boost::asio::io_context loop;
    std::vector<Incoming> taken;
    ExecqChannel execq;
};

}  // namespace

TEST_CASE("5,000 datagrams sent at once are all taken, in their order") {
    Channel channel;
    Sender sender(channel.path());
    for (int number = 0; number < 5000; ++number) sender.send("message " + std::to_string(number));
    REQUIRE(channel.run_until(5000));
    CHECK(channel.taken.size() == 5000);
    for (std::size_t number = 0; number < channel.taken.size(); ++number) {
        REQUIRE(channel.taken[number].bytes == "message " + std::to_string(number));
    }
    CHECK(channel.taken[0].channel == "execq");
    CHECK(channel.execq.counts().received == 5000);
    CHECK(channel.execq.counts().waiting == 0);
}

TEST_CASE("a datagram without a byte is counted and ignored") {
    Channel channel;
    Sender sender(channel.path());
    sender.send("");
    sender.send("after it");
    REQUIRE(channel.run_until(1));
    CHECK(channel.taken[0].bytes == "after it");
    CHECK(channel.execq.counts().empty == 1);
    CHECK(channel.execq.counts().received == 1);
}

TEST_CASE("a datagram that was cut tells how long it was") {
    Channel channel;
    Sender sender(channel.path());
    sender.send(std::string(70'000, 'x'));
    REQUIRE(channel.run_until(1));
    CHECK(channel.taken[0].bytes.size() == 65'536);
    CHECK(channel.taken[0].sent_size == 70'000);
}

TEST_CASE("senders wait while the hand-over is full, and nothing is dropped") {
    Channel channel;
    constexpr std::size_t kAll = ExecqChannel::kMaxMessages + 500;
    std::atomic<std::size_t> sent{0};
    std::thread sending([&] {
        Sender sender(channel.path());
        for (std::size_t number = 0; number < kAll; ++number) {
            sender.send("x");
            ++sent;
        }
    });
    // The loop does not run, so it fills up; what the socket itself holds is a queue of the system's, some ten to some
    // hundred.
    const bool full = test::wait_until([&] { return channel.execq.counts().waiting == ExecqChannel::kMaxMessages; });
    const std::size_t sent_when_full = sent;
    const bool all = channel.run_until(kAll);
    sending.join();
    CHECK(full);
    CHECK(all);
    CHECK(channel.taken.size() == kAll);
    CHECK(sent_when_full >= ExecqChannel::kMaxMessages);
}

TEST_CASE("a stop hands over what was received and nothing more") {
    Channel channel;
    Sender sender(channel.path());
    for (int number = 0; number < 200; ++number) sender.send(std::to_string(number));
    REQUIRE(test::wait_until([&] { return channel.execq.counts().received == 200; }));
    channel.execq.stop();
    CHECK(channel.taken.size() == 200);
    channel.loop.poll();
    CHECK(channel.taken.size() == 200);
}

TEST_CASE("a message that cannot be handled does not take the next ones with it") {
    Place place;
    boost::asio::io_context loop;
    std::vector<std::string> taken;
    ExecqChannel execq(loop, [&](const Incoming& message) {
        if (message.bytes == "bad") throw std::runtime_error("cannot be handled");
        taken.push_back(message.bytes);
    });
    Result<RequestSocket> socket = RequestSocket::open(place.file("execq"));
    REQUIRE(socket.has_value());
    execq.add(std::move(*socket));
    Sender sender(place.file("execq"));
    for (const char* text : {"first", "bad", "last"}) sender.send(text);
    REQUIRE(test::wait_until([&] {
        loop.restart();
        loop.poll();
        return taken.size() == 2;
    }));
    CHECK(taken == std::vector<std::string>{"first", "last"});
}

TEST_CASE("a second runner of the same home is told what to do about the first") {
    const Place place;
    place.write(place.config(), block_config());
    const RunningService service(place);
    Setup setup = load_setup(place.arguments());
    setup.state = place.file("other-state");
    Service second(std::move(setup), true, hooks::clock());
    const Result<void> started = second.start();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().text().find("<disabled>yes</disabled>") != std::string::npos);
}
