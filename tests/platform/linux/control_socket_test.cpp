// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"
#include "tests/platform/linux/unix_socket.h"
#include "tests/platform/recording_service.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <array>
#include <future>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

using namespace riposte;
using namespace riposte::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;

TEST_CASE("the control socket is for its owner alone unless a group is named") {
    const RecordingService service;
    struct stat status {};
    REQUIRE(::lstat(service.endpoint.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
}

TEST_CASE("a second listener at an endpoint is told that it is taken") {
    const RecordingService service;
    asio::io_context loop;
    const auto taken = ControlListener::open(loop, service.endpoint, "", [](const auto&) {});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == std::errc::address_in_use);
}

TEST_CASE("a client of a socket that a killed service left is refused") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "control.sock";
    const sockaddr_un address = address_of(path);
    const int stale = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    ::close(stale);
    const auto refused = ControlClient::connect(path.string());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == std::errc::connection_refused);
}

TEST_CASE("members of the named group may connect, others may not") {
    if (!is_root()) return riposte::test::skip("only root can become another user");
    const group* some_group = ::getgrnam("daemon");
    REQUIRE(some_group != nullptr);
    const gid_t named = some_group->gr_gid;
    RecordingService service("daemon");
    fs::permissions(service.directory.path(), fs::perms{0755});
    struct stat status {};
    REQUIRE(::lstat(service.endpoint.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0660);
    CHECK(status.st_gid == named);
    // Open to all, so that only the check of the peer is left.
    fs::permissions(service.endpoint, fs::perms{0666});
    struct Case {
        gid_t group;
        std::vector<gid_t> further;
        bool allowed;
    };
    std::size_t accepted = 0;
    for (const Case& test :
         {Case{named, {}, true}, Case{54321, {named}, true}, Case{54321, {54322}, false}, Case{54321, {}, false}}) {
        CAPTURE(test.group);
        CAPTURE(test.further.size());
        const pid_t child = ::fork();
        if (child == 0) {
            if (::setgroups(test.further.size(), test.further.data()) != 0) ::_exit(10);
            if (::setresgid(test.group, test.group, test.group) != 0 || ::setresuid(54321, 54321, 54321) != 0)
                ::_exit(11);
            auto client = ControlClient::connect(service.endpoint);
            if (!client) ::_exit(12);
            const auto answer = client->receive();
            ::_exit(answer && *answer == "welcome" ? 0 : 1);
        }
        int code = -1;
        REQUIRE(service.until([&] {
            if (service.connections.size() > accepted) {
                ++accepted;
                service.connections.back()->send("welcome");
            }
            return ::waitpid(child, &code, WNOHANG) == child;
        }));
        CHECK(WIFEXITED(code));
        CHECK(WEXITSTATUS(code) == (test.allowed ? 0 : 1));
    }
    CHECK(accepted == 2);
}

TEST_CASE("a client that has ended its sending still gets what was queued for it") {
    RecordingService service;
    const std::string big(4U << 20U, 'z');
    service.on_line = [&] { service.connections[0]->send(big); };
    auto answer = std::async(std::launch::async, [&] {
        const sockaddr_un address = address_of(service.endpoint);
        const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        std::string got;
        std::array<char, 65536> chunk;
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
            ::send(socket, "question\n", 9, MSG_NOSIGNAL) == 9 && ::shutdown(socket, SHUT_WR) == 0) {
            for (ssize_t size = 0; (size = ::recv(socket, chunk.data(), chunk.size(), 0)) > 0;) {
                got.append(chunk.data(), static_cast<std::size_t>(size));
            }
        }
        ::close(socket);
        return got;
    });
    REQUIRE(service.until([&] { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    CHECK(answer.get() == big + "\n");
    CHECK(service.until([&] { return service.closed == 1; }));
}

TEST_CASE("a closed listener removes its path and accepts nobody, while its connections go on") {
    RecordingService service;
    auto client = ControlClient::connect(service.endpoint);
    REQUIRE(client);
    REQUIRE(client->send("before"));
    REQUIRE(service.until([&] { return service.lines.size() == 1; }));
    service.listener.reset();
    CHECK_FALSE(fs::exists(fs::symlink_status(service.endpoint)));
    REQUIRE(client->send("after"));
    CHECK(service.until([&] { return service.lines.size() == 2; }));
}

TEST_CASE("an adopted control socket serves, and its path stays") {
    const TemporaryDirectory directory;
    const sockaddr_un address = address_of(directory / "c");
    const int given = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(given, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(given, 4) == 0);
    asio::io_context loop;
    {
        std::string line;
        std::shared_ptr<ControlConnection> connection;
        auto listener = ControlListener::adopt(loop, given, [&](const auto& accepted) {
            connection = accepted;
            connection->start([&](const std::string& got) { line = got; }, [] {});
        });
        REQUIRE(listener);
        auto client = ControlClient::connect((directory / "c").string());
        REQUIRE(client);
        REQUIRE(client->send("hello"));
        CHECK(run_until(loop, [&] { return line == "hello"; }));
    }
    CHECK(fs::exists(fs::symlink_status(directory / "c")));
    const int datagram = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_FALSE(ControlListener::adopt(loop, datagram, [](const auto&) {}));
    ::close(datagram);
}
