// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"

#include "platform/include/service_control.h"
#include "platform/include/system_log.h"
#include "tests/platform/support.h"
#include "tests/support/os.h"
#include "tests/support/skip.h"

#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace riposte;
using riposte::test::run_until;
using riposte::test::TemporaryDirectory;
using riposte::test::Variable;
namespace asio = boost::asio;

namespace {

// The service manager's end of NOTIFY_SOCKET; `name` is a path, or an abstract name behind "@".
class ServiceManager {
  public:
    explicit ServiceManager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(name.size() < sizeof(address.sun_path));
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    }
    ~ServiceManager() { ::close(socket_); }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;
    std::string next() const {
        std::array<char, 4096> buffer{};
        const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
    }

  private:
    int socket_;
};

// In a process of its own, since numbers of descriptors, signals and terminals belong to the whole process.
int exit_code_of(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT stop, SIGHUP reloads, SIGPIPE is ignored") {
    asio::io_context loop;
    int stops = 0;
    int reloads = 0;
    {
        const ServiceSignals signals(
            loop, [&] { ++stops; }, [&] { ++reloads; });
        REQUIRE(std::raise(SIGHUP) == 0);
        CHECK(reloads == 0);  // from the loop only
        REQUIRE(run_until(loop, [&] { return reloads == 1; }));
        REQUIRE(std::raise(SIGTERM) == 0);
        REQUIRE(run_until(loop, [&] { return stops == 1; }));
        REQUIRE(std::raise(SIGINT) == 0);
        REQUIRE(run_until(loop, [&] { return stops == 2; }));
        REQUIRE(std::raise(SIGPIPE) == 0);
        CHECK(reloads == 1);
    }
    std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a signal's handler may end the watch for signals") {
    asio::io_context loop;
    std::unique_ptr<ServiceSignals> signals;
    signals = std::make_unique<ServiceSignals>(
        loop, [&] { signals.reset(); }, [] {});
    REQUIRE(std::raise(SIGTERM) == 0);
    CHECK(run_until(loop, [&] { return signals == nullptr; }));
    std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("children can be waited for although the parent had left SIGCHLD ignored") {
    CHECK(exit_code_of([] {
              std::signal(SIGCHLD, SIG_IGN);
              asio::io_context loop;
              const ServiceSignals signals(
                  loop, [] {}, [] {});
              return exit_code_of([] { return 7; });
          }) == 7);
}

TEST_CASE("the service manager is told of ready, reloading and stopping, by path and by abstract name") {
    const TemporaryDirectory directory;
    const std::string abstract = "@riposte-test-" + std::to_string(::getpid());
    for (const std::string& name : {(directory / "notify").string(), abstract}) {
        CAPTURE(name);
        const ServiceManager manager(name);
        const Variable variable("NOTIFY_SOCKET", name);
        service_ready("serving 3 commands");
        CHECK(manager.next() == "READY=1\nSTATUS=serving 3 commands\n");
        service_stopping("two\nlines\nREADY=1");
        CHECK(manager.next() == "STOPPING=1\nSTATUS=two lines READY=1\n");
        timespec before{};
        ::clock_gettime(CLOCK_MONOTONIC, &before);
        service_reloading();
        const std::string reloading = manager.next();
        const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
        REQUIRE(reloading.substr(0, head.size()) == head);
        CHECK(std::stoll(reloading.substr(head.size())) >= before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
    }
}

TEST_CASE("without a service manager, or with one that does not answer, nothing happens") {
    service_ready("nobody listens");
    for (const char* name : {"/nonexistent/notify", "relative", "@", "@no-such-abstract-socket-of-riposte"}) {
        const Variable variable("NOTIFY_SOCKET", name);
        service_ready("nobody listens");
    }
    const TemporaryDirectory directory;
    const ServiceManager manager((directory / "notify").string());
    service_ready("the variable is not set");
    CHECK(manager.next().empty());
}

TEST_CASE("the watchdog is answered at half its time, and only when this process is meant") {
    const TemporaryDirectory directory;
    const ServiceManager manager((directory / "notify").string());
    const Variable variable("NOTIFY_SOCKET", (directory / "notify").string());
    asio::io_context loop;
    const auto answers = [&](int wanted) {
        int seen = 0;
        return run_until(
            loop,
            [&] {
                seen += manager.next() == "WATCHDOG=1\n" ? 1 : 0;
                return seen >= wanted;
            },
            std::chrono::milliseconds(wanted == 1 ? 50 : 10000));
    };
    {
        const ServiceWatchdog unasked(loop);
        CHECK_FALSE(answers(1));
    }
    const Variable limit("WATCHDOG_USEC", "20000");
    {
        const Variable other("WATCHDOG_PID", std::to_string(::getpid() + 1));
        const ServiceWatchdog not_meant(loop);
        CHECK_FALSE(answers(1));
    }
    {
        const Variable own("WATCHDOG_PID", std::to_string(::getpid()));
        const auto begin = std::chrono::steady_clock::now();
        const ServiceWatchdog asked(loop);
        CHECK(answers(5));
        CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(40));
    }
    CHECK_FALSE(answers(1));
    const Variable nonsense("WATCHDOG_USEC", "soon");
    const ServiceWatchdog unclear(loop);
    CHECK_FALSE(answers(1));
}

TEST_CASE("sockets handed in are told apart by their type, once") {
    const TemporaryDirectory directory;
    CHECK(exit_code_of([&] {
              ::close_range(3, ~0U, 0);
              sockaddr_un address{};
              address.sun_family = AF_UNIX;
              std::strcpy(address.sun_path, (directory / "s").c_str());
              if (::socket(AF_UNIX, SOCK_DGRAM, 0) != 3 || ::socket(AF_UNIX, SOCK_STREAM, 0) != 4) return 1;
              if (::bind(4, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || ::listen(4, 1) != 0)
                  return 2;
              // A stream that does not listen, an internet socket, a file and a hole.
              if (::socket(AF_UNIX, SOCK_STREAM, 0) != 5 || ::socket(AF_INET, SOCK_DGRAM, 0) != 6) return 3;
              if (::open("/dev/null", O_RDONLY) != 7 || ::socket(AF_UNIX, SOCK_DGRAM, 0) != 8) return 4;
              ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
              ::setenv("LISTEN_FDS", "7", 1);
              ::setenv("LISTEN_FDNAMES", "a:b", 1);
              const ActivatedSockets sockets = take_activated_sockets();
              if (sockets.execq != std::vector<int>{3, 8} || sockets.control != std::vector<int>{4}) return 5;
              for (int descriptor = 3; descriptor < 9; ++descriptor) {
                  if ((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0) return 6;
              }
              if (::getenv("LISTEN_PID") || ::getenv("LISTEN_FDS") || ::getenv("LISTEN_FDNAMES")) return 7;
              const ActivatedSockets again = take_activated_sockets();
              return again.execq.empty() && again.control.empty() ? 0 : 8;
          }) == 0);
}

TEST_CASE("sockets meant for another process, or counted wrong, are not taken") {
    struct Case {
        std::string process;
        const char* count;
    };
    const auto taken = [](const Case& test) {
        ::close_range(3, ~0U, 0);
        if (::socket(AF_UNIX, SOCK_DGRAM, 0) != 3) return 100;
        if (!test.process.empty())
            ::setenv("LISTEN_PID", test.process == "own" ? std::to_string(::getpid()).c_str() : test.process.c_str(),
                     1);
        ::setenv("LISTEN_FDS", test.count, 1);
        return static_cast<int>(take_activated_sockets().execq.size());
    };
    for (const Case& test :
         {Case{"1", "1"}, Case{"", "1"}, Case{"own", "0"}, Case{"own", "-1"}, Case{"own", "1x"}, Case{"own", ""}}) {
        CAPTURE(test.process);
        CAPTURE(test.count);
        CHECK(exit_code_of([&] { return taken(test); }) == 0);
    }
    CHECK(exit_code_of([&] { return taken({"own", "1"}); }) == 1);
    CHECK(exit_code_of([&] { return taken({"own", "999999999"}); }) == 1);
}

TEST_CASE("the system's log is the journal, if standard error is the stream that the variable names") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory / "journal";
    const auto write_under = [&](const std::string& suffix) {
        return exit_code_of([&] {
            const int journal = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (journal < 0 || ::dup2(journal, 2) != 2) return 2;
            struct stat status {};
            ::fstat(2, &status);
            const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + suffix;
            ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
            const auto log = open_system_log();
            if (!log) return 1;
            log->write(4, "the disk is full");
            log->write(6, "h\xc3\xa9");
            return 0;
        });
    };
    CHECK(write_under("") == 0);
    CHECK(test::read_file(file) == "<4>the disk is full\n<6>h\xc3\xa9\n");
    CHECK(write_under("1") == 1);
    CHECK(test::read_file(file).empty());
    CHECK(open_system_log() == nullptr);
}

TEST_CASE("another process gets an error for a held lock, and a killed one leaves none") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory / "lock";
    {
        const auto first = InstanceLock::acquire(file);
        REQUIRE(first);
        CHECK(exit_code_of([&] { return InstanceLock::acquire(file) ? 1 : 0; }) == 0);
    }
    // Killed without a chance to tidy up.
    CHECK(exit_code_of([&] {
              const auto lock = InstanceLock::acquire(file);
              ::raise(SIGKILL);
              return 0;
          }) == 128 + SIGKILL);
    CHECK(InstanceLock::acquire(file));
}

TEST_CASE("an instance lock is not taken through a symbolic link") {
    const TemporaryDirectory directory;
    test::write_file(directory / "victim", "precious");
    std::filesystem::create_symlink(directory / "victim", directory / "lock");
    CHECK_FALSE(InstanceLock::acquire(directory / "lock"));
    CHECK(test::read_file(directory / "victim") == "precious");
}

TEST_CASE("a terminal tells its width, and colours are off where nobody wants them") {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) {
        test::skip("there are no pseudo-terminals here");
        return;
    }
    REQUIRE(::grantpt(master) == 0);
    REQUIRE(::unlockpt(master) == 0);
    const std::string name = ::ptsname(master);
    CHECK(exit_code_of([&] {
              const int terminal = ::open(name.c_str(), O_RDWR | O_NOCTTY);
              winsize size{};
              size.ws_col = 132;
              if (terminal < 0 || ::ioctl(terminal, TIOCSWINSZ, &size) != 0 || ::dup2(terminal, 1) != 1) return 1;
              ::unsetenv("NO_COLOR");
              ::setenv("TERM", "xterm", 1);
              const Terminal plain = standard_output_terminal();
              if (!plain.is_terminal || !plain.colours || plain.columns != 132) return 2;
              ::setenv("NO_COLOR", "1", 1);
              if (standard_output_terminal().colours) return 3;
              ::setenv("NO_COLOR", "", 1);
              if (!standard_output_terminal().colours) return 4;
              ::setenv("TERM", "dumb", 1);
              if (standard_output_terminal().colours) return 5;
              ::dup2(::open("/dev/null", O_WRONLY), 1);
              const Terminal none = standard_output_terminal();
              return none.is_terminal || none.colours || none.columns != 80 ? 6 : 0;
          }) == 0);
    ::close(master);
}

TEST_CASE("the list of services is systemd's, and every error says which command to use") {
    const auto says_systemctl = [](const Error& error, const std::string& verb) {
        return error.code == std::errc::not_supported && error.what.find("systemctl " + verb) != std::string::npos;
    };
    CHECK(says_systemctl(install_service({"serve"}).error(), "enable"));
    CHECK(says_systemctl(remove_service().error(), "disable"));
    CHECK(says_systemctl(start_service().error(), "start"));
    CHECK(says_systemctl(stop_service().error(), "stop"));
    CHECK(says_systemctl(service_status().error(), "status"));
}
