// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"

#include "tests/platform/support.h"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace riposte;
using riposte::test::run_until;
using riposte::test::TemporaryDirectory;
using riposte::test::write_file;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

bool is_root() {
    return ::geteuid() == 0;
}

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // A long path is reached from its directory, which this process then stands in.
    const std::string text = path.string().size() < sizeof(address.sun_path) ? path.string() : path.filename().string();
    REQUIRE(text.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

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

std::string name_of_error(const Error& error) {
    return error.text();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

// A raw stream to the control endpoint, for what ControlClient would not do.
class RawPeer {
  public:
    explicit RawPeer(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const sockaddr_un address = address_of(path);
        is_connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    }
    ~RawPeer() { ::close(socket_); }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    // The number of bytes that went out before the socket was full or closed.
    std::size_t send(std::string_view bytes) const {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    // Reads what is there; true at the end of the stream.
    bool read_to_end(std::string& into) const {
        std::array<char, 65536> chunk;
        ssize_t size = 0;
        while ((size = ::recv(socket_, chunk.data(), chunk.size(), 0)) > 0) {
            into.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return size == 0 || errno != EAGAIN;
    }
    void end_of_sending() const { ::shutdown(socket_, SHUT_WR); }
    bool is_connected = false;

  private:
    int socket_;
};

// A service that keeps its connections and what they said.
struct Service {
    explicit Service(const std::string& name = "control.sock", const std::string& group = "")
        : endpoint(directory / name) {
        auto opened =
            ControlListener::open(loop, endpoint.string(), group, [this](const auto& accepted) { accept(accepted); });
        REQUIRE(opened);
        listener = std::move(*opened);
    }
    void accept(const std::shared_ptr<ControlConnection>& accepted) {
        connections.push_back(accepted);
        accepted->start(
            [this](const std::string& line) {
                lines.push_back(line);
                if (on_line) on_line();
            },
            [this] { ++closed; });
    }
    bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }

    TemporaryDirectory directory;
    fs::path endpoint;
    asio::io_context loop;
    std::function<void()> on_line;
    std::vector<std::string> lines;
    int closed = 0;
    std::vector<std::shared_ptr<ControlConnection>> connections;
    std::unique_ptr<ControlListener> listener;
};

}  // namespace

// ---- execq ----

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
    const auto socket = RequestSocket::open(directory / "execq");
    REQUIRE(socket);
    struct stat status {};
    REQUIRE(::lstat((directory / "execq").c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 07777U) == 0660);
    const group* agents = ::getgrnam("wazuh");
    if (agents == nullptr) agents = ::getgrnam("ossec");
    if (is_root() && agents != nullptr) CHECK(status.st_gid == agents->gr_gid);
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("a stale socket is replaced, and its path is never missing meanwhile") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "execq";
    // What a process that was killed leaves: a name that nobody answers to.
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
    CHECK(contains(name_of_error(file.error()), "exists and is no socket: remove it"));
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

// ---- control ----

TEST_CASE("lines go both ways over the control endpoint, in order and whole") {
    Service service;
    auto client = ControlClient::connect(service.endpoint.string());
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

TEST_CASE("the control endpoint is for its owner alone unless a group is named") {
    const Service service;
    struct stat status {};
    REQUIRE(::lstat(service.endpoint.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    asio::io_context loop;
    const auto unknown =
        ControlListener::open(loop, (service.directory / "other").string(), "no-such-group-here", [](const auto&) {});
    REQUIRE_FALSE(unknown);
    CHECK(contains(name_of_error(unknown.error()), "the group no-such-group-here of the control endpoint"));
    const auto taken = ControlListener::open(loop, service.endpoint.string(), "", [](const auto&) {});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == std::errc::address_in_use);
}

TEST_CASE("members of the named group may connect, others may not" * doctest::skip(!is_root())) {
    const group* some_group = ::getgrnam("daemon");
    REQUIRE(some_group != nullptr);
    const gid_t named = some_group->gr_gid;
    Service service("control.sock", "daemon");
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
            auto client = ControlClient::connect(service.endpoint.string());
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

TEST_CASE("finish writes what is queued before it closes, and the client sees the end") {
    Service service;
    auto client = ControlClient::connect(service.endpoint.string());
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
    Service service;
    auto client = ControlClient::connect(service.endpoint.string());
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
    Service service;
    {
        const RawPeer peer(service.endpoint);
        REQUIRE(peer.is_connected);
        REQUIRE(peer.send("whole\nhalf") == 10);
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

TEST_CASE("a client that has ended its sending still gets what was queued for it") {
    Service service;
    const RawPeer peer(service.endpoint);
    const std::string big(4U << 20U, 'z');
    service.on_line = [&] { service.connections[0]->send(big); };
    REQUIRE(peer.send("question\n") == 9);
    peer.end_of_sending();
    std::string answer;
    REQUIRE(service.until([&] { return peer.read_to_end(answer); }));
    CHECK(answer == big + "\n");
    CHECK(service.until([&] { return service.closed == 1; }));
}

TEST_CASE("a line without end closes the connection") {
    Service service;
    const RawPeer peer(service.endpoint);
    const std::string chunk(65536, 'x');
    std::size_t sent = 0;
    REQUIRE(service.until([&] {
        if (service.closed == 0) sent += peer.send(chunk);
        return service.closed == 1;
    }));
    CHECK(sent > 1U << 20U);
    CHECK(sent < 3U << 20U);
    CHECK(service.lines.empty());
}

TEST_CASE("a client that does not read is cut off") {
    Service service;
    const RawPeer peer(service.endpoint);
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
    const auto missing = ControlClient::connect((directory / "control.sock").string());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == std::errc::no_such_file_or_directory);
    CHECK(contains(missing.error().text(), (directory / "control.sock").string()));
    const sockaddr_un address = address_of(directory / "control.sock");
    const int stale = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    ::close(stale);
    const auto refused = ControlClient::connect((directory / "control.sock").string());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == std::errc::connection_refused);
}

TEST_CASE("a closed listener removes its path and accepts nobody, while its connections go on") {
    Service service;
    auto client = ControlClient::connect(service.endpoint.string());
    REQUIRE(client);
    REQUIRE(client->send("before"));
    REQUIRE(service.until([&] { return service.lines.size() == 1; }));
    service.listener.reset();
    CHECK_FALSE(fs::exists(fs::symlink_status(service.endpoint)));
    REQUIRE(client->send("after"));
    CHECK(service.until([&] { return service.lines.size() == 2; }));
}

TEST_CASE("a listener may be closed by its own accept handler") {
    const TemporaryDirectory directory;
    asio::io_context loop;
    std::unique_ptr<ControlListener> listener;
    bool accepted = false;
    auto opened = ControlListener::open(loop, (directory / "c").string(), "", [&](const auto&) {
        accepted = true;
        listener.reset();
    });
    REQUIRE(opened);
    listener = std::move(*opened);
    const auto client = ControlClient::connect((directory / "c").string());
    REQUIRE(client);
    CHECK(run_until(loop, [&] { return accepted; }));
    CHECK(listener == nullptr);
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
