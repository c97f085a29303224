// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"
#include "tests/platform/linux/unix_socket.h"
#include "tests/platform/support.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <atomic>
#include <fcntl.h>
#include <future>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace riposte;
using namespace riposte::test;
namespace fs = std::filesystem;

namespace {

// A sender as the agent is one. Does not wait when the queue is full.
class Sender {
  public:
    explicit Sender(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const int size = 1 << 20;
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        const sockaddr_un address = address_of(path);
        is_connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~Sender() { ::close(socket_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    bool send(const std::string& bytes, int flags = 0) const {
        return ::send(socket_, bytes.data(), bytes.size(), flags) == static_cast<ssize_t>(bytes.size());
    }
    bool is_connected = false;

  private:
    int socket_;
};

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a request socket receives what local agents send, with the final NUL byte and empty datagrams") {
    const TemporaryDirectory directory;
    auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    const Sender sender(directory / "execq");
    REQUIRE(sender.is_connected);
    const std::string with_nul("firewall-drop0 - 1.2.3.4\0", 25);
    for (const std::string& bytes : {with_nul, std::string(), std::string("{\"version\":1}\n")}) {
        REQUIRE(sender.send(bytes));
        const auto datagram = socket->receive();
        REQUIRE(datagram);
        CHECK(datagram->bytes == bytes);
        CHECK(datagram->sent_size == bytes.size());
    }
}

TEST_CASE("a request that is too long is cut, and how long it was is known") {
    const TemporaryDirectory directory;
    auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    const Sender sender(directory / "execq");
    for (const std::size_t size : {65535U, 65536U, 65537U, 65538U, 100000U}) {
        CAPTURE(size);
        REQUIRE(sender.send(std::string(size, 'x')));
        const auto datagram = socket->receive();
        REQUIRE(datagram);
        CHECK(datagram->bytes.size() == std::min<std::size_t>(size, 65536));
        CHECK(datagram->sent_size == size);
    }
    REQUIRE(sender.send("next"));
    CHECK(socket->receive()->bytes == "next");
}

TEST_CASE("a request socket has mode 0660 and the agent's group if there is one") {
    const TemporaryDirectory directory;
    struct stat status {};
    {
        const auto socket = RequestSocket::open(directory / "execq");
        REQUIRE(socket);
        REQUIRE(::lstat((directory / "execq").c_str(), &status) == 0);
        CHECK(S_ISSOCK(status.st_mode));
        CHECK((status.st_mode & 07777U) == 0660);
        CHECK(entries(directory.path()) == 1);
    }

    if (!is_root()) return skip("the group: only root can give a socket to any group");
    // With other groups in the place of the machine's own, which only the child sees.
    const auto group_among = [&](const std::string& groups) {
        write_file(directory / "group", "root:x:0:\n" + groups);
        const pid_t child = ::fork();
        if (child == 0) {
            if (::unshare(CLONE_NEWNS) != 0) ::_exit(1);
            if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(2);
            if (::mount((directory / "group").c_str(), "/etc/group", nullptr, MS_BIND, nullptr) != 0) ::_exit(3);
            ::_exit(RequestSocket::open(directory / "execq") ? 0 : 4);
        }
        int code = -1;
        REQUIRE(::waitpid(child, &code, 0) == child);
        REQUIRE(code == 0);
        REQUIRE(::lstat((directory / "execq").c_str(), &status) == 0);
        fs::remove(directory / "execq");
        return status.st_gid;
    };
    CHECK(group_among("ossec:x:4321:\nwazuh:x:1234:\n") == 1234);
    CHECK(group_among("ossec:x:4321:\n") == 4321);
    CHECK(group_among("") == ::getegid());
}

TEST_CASE("a stale socket is replaced, and its path is never missing meanwhile") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "execq";
    // A killed process leaves its socket's file behind, and no process receives on it any more.
    const auto leave_stale = [&] {
        const int stale = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const sockaddr_un address = address_of(directory / "stale");
        REQUIRE(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        ::close(stale);
        fs::rename(directory / "stale", path);
    };
    leave_stale();
    std::atomic<bool> stop{false};
    std::atomic<int> looks{0};
    std::atomic<int> missing{0};
    std::thread watcher([&] {
        struct stat status {};
        while (!stop) {
            missing += ::lstat(path.c_str(), &status) != 0 ? 1 : 0;
            ++looks;
        }
    });
    bool opened = true;
    for (int round = 0; round < 20 && opened; ++round) {
        const int before = looks;
        const auto socket = RequestSocket::open(path);
        opened = socket.has_value() && Sender(path).is_connected;
        opened = opened && test::wait_until([&] { return looks > before; });
        // Takes the place, so that the socket leaves the path alone at its end.
        leave_stale();
    }
    stop = true;
    watcher.join();
    CHECK(opened);
    CHECK(missing == 0);
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("a socket that somebody answers is not taken over") {
    const TemporaryDirectory directory;
    const auto first = RequestSocket::open(directory / "execq");
    REQUIRE(first);
    const auto second = RequestSocket::open(directory / "execq");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == std::errc::address_in_use);
    CHECK(contains(second.error().text(), (directory / "execq").string()));
    // One of another type is somebody's too.
    const sockaddr_un address = address_of(directory / "stream");
    const int stream = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(stream, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(stream, 1) == 0);
    const auto third = RequestSocket::open(directory / "stream");
    REQUIRE_FALSE(third);
    CHECK(third.error().code == std::errc::address_in_use);
    ::close(stream);
    CHECK(entries(directory.path()) == 2);
}

TEST_CASE("what is no socket, or has no directory, is left alone and named") {
    const TemporaryDirectory directory;
    write_file(directory / "execq", "precious");
    const auto file = RequestSocket::open(directory / "execq");
    REQUIRE_FALSE(file);
    CHECK(contains(file.error().text(), "exists and is no socket: remove it"));
    CHECK(test::read_file(directory / "execq") == "precious");
    const auto nowhere = RequestSocket::open(directory / "gone/execq");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == std::errc::no_such_file_or_directory);
    CHECK(contains(nowhere.error().text(), (directory / "gone").string()));
}

TEST_CASE("a socket's path may be longer than the system's address, its name may not") {
    const TemporaryDirectory directory;
    const fs::path deep = directory / std::string(100, 'd') / std::string(100, 'e');
    fs::create_directories(deep);
    auto socket = RequestSocket::open(deep / "execq");
    REQUIRE(socket);
    CHECK_FALSE(RequestSocket::open(deep / "execq"));
    const fs::path before = fs::current_path();
    fs::current_path(deep);
    const Sender sender(deep / "execq");
    fs::current_path(before);
    REQUIRE(sender.is_connected);
    REQUIRE(sender.send("deep"));
    CHECK(socket->receive()->bytes == "deep");
    const auto long_name = RequestSocket::open(deep / std::string(120, 'n'));
    REQUIRE_FALSE(long_name);
    CHECK(contains(long_name.error().text(), "bytes: choose one of at most"));
    CHECK(entries(deep) == 1);
}

TEST_CASE("a socket removes its path at its end, unless another has taken the place") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "execq";
    {
        auto socket = RequestSocket::open(path);
        REQUIRE(socket);
        RequestSocket moved = std::move(*socket);
        CHECK(fs::exists(fs::symlink_status(path)));
    }
    CHECK(entries(directory.path()) == 0);
    {
        const auto socket = RequestSocket::open(path);
        REQUIRE(socket);
        fs::remove(path);
        write_file(path, "another");
    }
    CHECK(test::read_file(path) == "another");
}

TEST_CASE("stop ends a waiting receive, and every later one") {
    const TemporaryDirectory directory;
    auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    auto received = std::async(std::launch::async, [&] { return socket->receive(); });
    socket->stop();
    REQUIRE(received.wait_for(test::kDeadline) == std::future_status::ready);
    CHECK_FALSE(received.get());
    const Sender sender(directory / "execq");
    CHECK_FALSE(sender.send("late"));
    CHECK_FALSE(socket->receive());
}

TEST_CASE("what was sent before a stop is received all the same") {
    const TemporaryDirectory directory;
    auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    const Sender sender(directory / "execq");
    for (const char* text : {"first", "", "second"}) REQUIRE(sender.send(text));
    socket->stop();
    CHECK_FALSE(sender.send("late"));
    for (const char* text : {"first", "", "second"}) {
        const auto datagram = socket->receive();
        REQUIRE(datagram);
        CHECK(datagram->bytes == text);
    }
    CHECK_FALSE(socket->receive());
}

TEST_CASE("a burst that is longer than the socket's queue arrives whole and in order") {
    const TemporaryDirectory directory;
    auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    constexpr int kCount = 500;
    std::thread agent([&] {
        const Sender sender(directory / "execq");
        for (int number = 0; number < kCount; ++number) sender.send(std::to_string(number));
    });
    bool in_order = true;
    for (int number = 0; number < kCount; ++number) {
        const auto datagram = socket->receive();
        in_order = in_order && datagram && datagram->bytes == std::to_string(number);
    }
    agent.join();
    CHECK(in_order);
}

TEST_CASE("an adopted descriptor must be a unix datagram socket, and its path stays") {
    const TemporaryDirectory directory;
    const sockaddr_un address = address_of(directory / "execq");
    const int given = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    REQUIRE(::bind(given, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    {
        auto socket = RequestSocket::adopt(given);
        REQUIRE(socket);
        CHECK((::fcntl(given, F_GETFD) & FD_CLOEXEC) != 0);
        const Sender sender(directory / "execq");
        REQUIRE(sender.send("adopted"));
        CHECK(socket->receive()->bytes == "adopted");
    }
    CHECK(fs::exists(fs::symlink_status(directory / "execq")));
    CHECK(::fcntl(given, F_GETFD) == -1);

    const int internet = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int stream = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (const int wrong : {internet, stream, file, -1}) {
        CAPTURE(wrong);
        CHECK_FALSE(RequestSocket::adopt(wrong));
        // Still the caller's.
        if (wrong >= 0) CHECK(::close(wrong) == 0);
    }
}
