// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"

#include "tests/platform/recording_service.h"
#include "tests/support/raw_client.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <future>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;

TEST_CASE("lines go both ways over the control endpoint, in order and whole") {
    RecordingService service;
    auto client = ControlClient::connect(service.endpoint);
    REQUIRE(client);
    const std::string longest(1U << 20U, 'x');
    auto answers = std::async(std::launch::async, [&] {
        std::vector<std::string> got;
        bool sent = true;
        for (const std::string& line : {std::string("status"), std::string(), longest, std::string("h\xc3\xa9")}) {
            sent = sent && client->send(line);
        }
        for (int count = 0; sent && count < 3; ++count) {
            const auto line = client->receive();
            if (!line || !line->has_value()) break;
            got.push_back(**line);
        }
        return got;
    });
    REQUIRE(service.until([&] { return service.lines.size() == 4; }));
    CHECK(service.lines[0] == "status");
    CHECK(service.lines[1].empty());
    CHECK(service.lines[2] == longest);
    CHECK(service.lines[3] == "h\xc3\xa9");
    const std::string big(3U << 20U, 'y');
    service.connections[0]->send("first");
    service.connections[0]->send(big);
    service.connections[0]->send("");
    REQUIRE(service.until([&] { return answers.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    CHECK(answers.get() == std::vector<std::string>{"first", big, ""});
}

TEST_CASE("finish writes what is queued before it closes, and the client sees the end") {
    RecordingService service;
    auto client = ControlClient::connect(service.endpoint);
    REQUIRE(client);
    REQUIRE(client->send("question"));
    REQUIRE(service.until([&] { return !service.lines.empty(); }));
    const std::string big(2U << 20U, 'y');
    service.connections[0]->send(big);
    service.connections[0]->send("last");
    service.connections[0]->finish();
    service.connections[0]->send("too late");
    auto answers = std::async(std::launch::async, [&] {
        std::vector<std::string> got;
        for (auto line = client->receive(); line && *line; line = client->receive()) got.push_back(**line);
        return got;
    });
    REQUIRE(service.until([&] { return service.closed == 1; }));
    CHECK(answers.get() == std::vector<std::string>{big, "last"});
}

TEST_CASE("an owner that lets go of its connection hears no more of it, and its last words are written") {
    RecordingService service;
    auto client = ControlClient::connect(service.endpoint);
    REQUIRE(client);
    service.on_line = [&] {
        service.connections[0]->send("bye");
        service.connections.clear();
    };
    REQUIRE(client->send("one\ntwo\nthree"));
    auto answer = std::async(std::launch::async, [&] {
        const auto first = client->receive();
        const auto second = client->receive();
        return first && *first == "bye" && second && !*second;
    });
    REQUIRE(service.until([&] { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    CHECK(answer.get());
    CHECK(service.lines == std::vector<std::string>{"one"});
    CHECK(service.closed == 0);
}

TEST_CASE("the end of a client is told once, and half a line is not told") {
    RecordingService service;
    {
        const RawClient client(service.endpoint);
        REQUIRE(client.is_connected());
        REQUIRE(client.send("whole\nhalf"));
        REQUIRE(service.until([&] { return service.lines.size() == 1; }));
    }
    REQUIRE(service.until([&] { return service.closed == 1; }));
    service.loop.restart();
    service.loop.poll();
    CHECK(service.closed == 1);
    CHECK(service.lines == std::vector<std::string>{"whole"});
    // To nobody: nothing happens.
    service.connections[0]->send("anyone?");
    service.connections[0]->finish();
}

TEST_CASE("a line without end closes the connection") {
    RecordingService service;
    auto sent = std::async(std::launch::async, [&] {
        const RawClient client(service.endpoint);
        const std::string chunk(65536, 'x');
        std::size_t size = 0;
        while (size < 64U << 20U && client.send(chunk)) size += chunk.size();
        return size;
    });
    REQUIRE(service.until([&] { return service.closed == 1; }));
    const std::size_t size = sent.get();
    CHECK(size >= (1U << 20U) - 65536U);
    CHECK(size < 3U << 20U);
    CHECK(service.lines.empty());
}

TEST_CASE("a client that does not read is cut off") {
    RecordingService service;
    const auto client = ControlClient::connect(service.endpoint);
    REQUIRE(client);
    REQUIRE(service.until([&] { return service.connections.size() == 1; }));
    const std::string line(1U << 20U, 'x');
    int lines = 0;
    REQUIRE(service.until([&] {
        if (lines < 100 && service.closed == 0) {
            service.connections[0]->send(line);
            ++lines;
        }
        return service.closed == 1;
    }));
    CHECK(lines >= 8);
    CHECK(lines < 20);
}

TEST_CASE("a client says why it cannot connect") {
    const TemporaryDirectory directory;
    const std::string endpoint = control_endpoint(directory.path());
    const auto missing = ControlClient::connect(endpoint);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == std::errc::no_such_file_or_directory);
    CHECK(contains(missing.error().text(), endpoint));
}

TEST_CASE("a listener for a group that does not exist says so") {
    const TemporaryDirectory directory;
    asio::io_context loop;
    const auto unknown =
        ControlListener::open(loop, control_endpoint(directory.path()), "no-such-group-here", [](const auto&) {});
    REQUIRE_FALSE(unknown);
    CHECK(contains(unknown.error().text(), "the group no-such-group-here of the control endpoint"));
}

TEST_CASE("many clients at once are all served, and none of them finds the service busy") {
    RecordingService service;
    constexpr std::size_t kClients = 64;
    std::vector<std::future<std::string>> answers;
    for (std::size_t number = 0; number < kClients; ++number) {
        answers.push_back(std::async(std::launch::async, [&service, number] {
            auto client = ControlClient::connect(service.endpoint);
            if (!client) return client.error().text();
            if (!client->send(std::to_string(number))) return std::string("not sent");
            const auto answer = client->receive();
            return answer && *answer ? **answer : std::string("no answer");
        }));
    }
    REQUIRE(service.until([&] { return service.lines.size() == kClients; }));
    for (const auto& connection : service.connections) connection->send("served");
    REQUIRE(service.until([&] { return service.closed == static_cast<int>(kClients); }));
    for (auto& answer : answers) CHECK(answer.get() == "served");
}

TEST_CASE("a listener may be closed by its own accept handler") {
    const TemporaryDirectory directory;
    asio::io_context loop;
    std::unique_ptr<ControlListener> listener;
    bool accepted = false;
    auto opened = ControlListener::open(loop, control_endpoint(directory.path()), "", [&](const auto&) {
        accepted = true;
        listener.reset();
    });
    REQUIRE(opened);
    listener = std::move(*opened);
    const auto client = ControlClient::connect(control_endpoint(directory.path()));
    REQUIRE(client);
    CHECK(run_until(loop, [&] { return accepted; }));
    CHECK(listener == nullptr);
}
