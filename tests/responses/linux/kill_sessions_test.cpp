// SPDX-License-Identifier: Apache-2.0
// kill-sessions, and --kill-sessions of the blocking executables, on real connections and logins.
#include "tests/responses/linux/hosts.h"
#include "tests/support/files.h"
#include "tests/support/role.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace riposte;
using namespace riposte::test;

namespace {

void require_call(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string(what) + ": " + std::to_string(errno));
}

sockaddr_in6 socket_address(const std::string& address, const std::string& port) {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    const std::string mapped = address.find(':') == std::string::npos ? "::ffff:" + address : address;
    require_call(::inet_pton(AF_INET6, mapped.c_str(), &result.sin6_addr) == 1, "address");
    return result;
}

void enter(const std::string& host) {
    const int space = ::open(("/var/run/netns/" + host).c_str(), O_RDONLY | O_CLOEXEC);
    require_call(space >= 0 && ::setns(space, CLONE_NEWNET) == 0, "enter the namespace");
    ::close(space);
}

// Says when the connection is there, and when it is over, with the error number.
int hold(int connection) {
    std::printf("connected\n");
    std::fflush(stdout);
    char byte = 0;
    const ssize_t count = ::read(connection, &byte, 1);
    std::printf("over %d\n", count < 0 ? errno : 0);
    return 0;
}

const Role kListen("tcp_listen", [](const std::vector<std::string>& words) {
    enter(words.at(0));
    const int server = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in6 any = socket_address("::", words.at(1));
    require_call(::bind(server, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0, "bind");
    require_call(::listen(server, 1) == 0, "listen");
    std::printf("listening\n");
    std::fflush(stdout);
    return hold(::accept4(server, nullptr, nullptr, SOCK_CLOEXEC));
});

const Role kCall("tcp_call", [](const std::vector<std::string>& words) {
    enter(words.at(0));
    const sockaddr_in6 there = socket_address(words.at(1), words.at(2));
    const int connection = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require_call(::connect(connection, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0, "connect");
    return hold(connection);
});

// The role of what calls the server, once that listens.
std::string caller(RoleProcess& server) {
    REQUIRE(server.line() == "listening");
    return "tcp_call";
}

// An established connection, held by a process at each end.
struct Connection {
    RoleProcess server;
    RoleProcess client;

    Connection(const Host& from, const Host& to, const std::string& address, const std::string& port)
        : server("tcp_listen", {to.name(), port}), client(caller(server), {from.name(), address, port}) {
        REQUIRE(client.line() == "connected");
        REQUIRE(server.line() == "connected");
    }
    // Each waits for the next line of the process at that end: "over ERRNO" once the connection has ended.
    std::string client_end() { return client.line().value_or("nothing"); }
    std::string server_end() { return server.line().value_or("nothing"); }
};

std::size_t established(const Host& host, const std::string& port) {
    const std::string list =
        host.run({"ss", "-Htn", "state", "established", "( sport = :" + port + " or dport = :" + port + " )"});
    return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
}

int run_on(const Host& host, const std::string& name, const Words& words, const std::string& input = {}) {
    const auto result = host.try_run(Words{std::string(RESPONSES) + "/" + name} + words, input);
    REQUIRE(result.has_value());
    if (result->exit_code != 0) MESSAGE(result->output);
    return result->exit_code;
}

const std::string kAborted = "over " + std::to_string(ECONNABORTED);
const std::string kReset = "over " + std::to_string(ECONNRESET);

}  // namespace

TEST_CASE("kill-sessions ends the connections of an address, in both directions, and no others") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    for (const std::string target : {"192.0.2.66", "192.0.2.64/26", "2001:db8:1::66", "2001:db8:1::/64"}) {
        CAPTURE(target);
        const bool v6 = target.find(':') != std::string::npos;
        const std::string here = v6 ? "2001:db8:1::1" : "192.0.2.1";
        const std::string foe = v6 ? "2001:db8:1::66" : "192.0.2.66";
        Connection inward(hosts.foe, hosts.here, here, "4001");
        Connection outward(hosts.here, hosts.foe, foe, "4002");
        Connection other(hosts.inside, hosts.here, v6 ? "2001:db8:2::1" : "198.51.100.1", "4003");
        Connection other_family(hosts.foe, hosts.here, v6 ? "192.0.2.1" : "2001:db8:1::1", "4004");
        CHECK(run_on(hosts.here, "kill-sessions", {"add", "-", v6 ? "2001:db8:3::1" : "192.0.2.67"}) == 0);
        CHECK(established(hosts.here, "4001") == 1);
        CHECK(run_on(hosts.here, "kill-sessions", {"add", "-", target}) == 0);
        CHECK(inward.server_end() == kAborted);
        CHECK(inward.client_end() == kReset);
        CHECK(outward.client_end() == kAborted);
        CHECK(outward.server_end() == kReset);
        CHECK(established(hosts.here, "4001") == 0);
        CHECK(established(hosts.here, "4002") == 0);
        CHECK(established(hosts.here, "4003") == 1);
        CHECK(established(hosts.inside, "4003") == 1);
        CHECK(established(hosts.here, "4004") == 1);
        CHECK(run_on(hosts.here, "kill-sessions", {"add", "-", target}) == 0);
    }
    CHECK(run_on(hosts.here, "kill-sessions", {"--check"}) == 0);
}

TEST_CASE("kill-sessions ends what is tracked through this host") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    hosts.here.run({"nft", "-f", "-"},
                   "table inet tracking {\n chain forward {\n type filter hook forward priority 0; ct state invalid "
                   "drop\n }\n}\n");
    for (const bool v6 : {false, true}) {
        CAPTURE(v6);
        const std::string foe = v6 ? "2001:db8:1::66" : "192.0.2.66";
        const std::string inside = v6 ? "2001:db8:2::7" : "198.51.100.7";
        // Connection tracking must not take a packet from the middle of a connection for the start of one.
        hosts.here.run({"sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=0"});
        Connection through(hosts.foe, hosts.inside, inside, "4005");
        const auto tracked = [&] {
            const std::string list =
                hosts.here.run({"sh", "-c", "conntrack -L -f ipv4 2>/dev/null; conntrack -L -f ipv6 2>/dev/null"});
            std::size_t count = 0;
            std::istringstream lines(list);
            for (std::string line; std::getline(lines, line);)
                count += line.find("dport=4005") != std::string::npos && line.find(inside) != std::string::npos ? 1 : 0;
            return count;
        };
        if (!find_program("conntrack")) {
            skip("there is no program to list what is tracked");
            continue;
        }
        REQUIRE(tracked() == 1);
        CHECK(run_on(hosts.here, "kill-sessions", {"add", "-", v6 ? "2001:db8:1::67" : "192.0.2.67"}) == 0);
        CHECK(tracked() == 1);
        CHECK(run_on(hosts.here, "kill-sessions", {"add", "-", foe}) == 0);
        CHECK(tracked() == 0);
    }
}

TEST_CASE("a blocking executable ends connections when it is asked to, by its user or a request") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const std::string order = R"({"version":1,"command":"add","parameters":{"extra_args":[EXTRA],)"
                              R"("alert":{"data":{"srcip":"192.0.2.66"}}}})"
                              "\n{\"command\":\"continue\"}\n";
    const auto with = [&](const std::string& extra) {
        std::string text = order;
        return text.replace(text.find("EXTRA"), 5, extra);
    };
    for (const std::string name : {"firewall-drop", "route-null"}) {
        CAPTURE(name);
        Connection connection(hosts.foe, hosts.here, "192.0.2.1", "4006");
        CHECK(run_on(hosts.here, name, {}, with("")) == 0);
        CHECK(established(hosts.here, "4006") == 1);
        CHECK(run_on(hosts.here, name, {}, with("\"--kill-sessions\"")) == 0);
        CHECK(connection.server_end() == kAborted);
        CHECK(established(hosts.here, "4006") == 0);
        CHECK(run_on(hosts.here, name, {"delete", "-", "192.0.2.66"}) == 0);
        Connection again(hosts.foe, hosts.here, "192.0.2.1", "4007");
        CHECK(run_on(hosts.here, name, {"--kill-sessions", "add", "-", "192.0.2.66"}) == 0);
        CHECK(again.server_end() == kAborted);
        CHECK(run_on(hosts.here, name, {"delete", "-", "192.0.2.66"}) == 0);
    }
}

TEST_CASE("kill-sessions ends a user's logins, however stubborn, and neither his services nor others' logins") {
    if (!may_make_namespaces()) return;
    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    write_file(directory / "passwd",
               "root:x:0:0:root:/root:/bin/sh\n"
               "toor:x:0:0:root:/root:/bin/sh\n"
               "victim:x:54321:54321::/:/bin/sh\n"
               "other:x:54322:54322::/:/bin/sh\n");
    // In a world of its own, where no process of this machine is seen.
    const std::string script = R"(
        mount --bind "$1/passwd" /etc/passwd || exit 9
        as() { id=$1; shift; setpriv --reuid "$id" --regid "$id" --clear-groups "$@" </dev/null >/dev/null 2>&1 & }
        as 54321 script -qc 'sleep 1001' /dev/null
        as 54321 script -qc 'trap "" HUP TERM; sleep 1002 & wait' /dev/null
        as 54321 setsid sleep 1003
        as 54322 script -qc 'sleep 1004' /dev/null
        tries=0
        for each in 1001 1002 1003 1004; do
            until pgrep -x -f "sleep $each" >/dev/null || [ $tries -gt 200 ]; do tries=$((tries + 1)); sleep 0.05; done
        done
        for user in root toor nosuch - 'a/b'; do "$0" --user add "$user" - 2>/dev/null; echo "$user $?"; done
        "$0" add victim - 2>/dev/null; echo "without --user $?"
        pgrep -c -x -f 'sleep 100.'
        "$0" --user add victim -; echo "victim $?"
        pgrep -a -x -f 'sleep 100.' | cut -d' ' -f2-
        "$0" --user add victim -; echo "again $?"
    )";
    const auto result = run_program("unshare",
                                    {"--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script,
                                     std::string(RESPONSES) + "/kill-sessions", directory.path().string()},
                                    {}, std::chrono::seconds(60));
    REQUIRE(result.has_value());
    REQUIRE_MESSAGE(result->exit_code == 0, result->output);
    CHECK(result->output ==
          "root 1\ntoor 1\nnosuch 1\n- 2\na/b 2\nwithout --user 2\n4\nvictim 0\nsleep 1003\nsleep 1004\nagain 0\n");
}

TEST_CASE("kill-sessions undoes nothing and keeps nothing") {
    const std::string program = std::string(RESPONSES) + "/kill-sessions";
    const auto code = [&](const Words& words) {
        const auto result = run_program("env", Words{program} + words);
        REQUIRE(result.has_value());
        return result->exit_code;
    };
    CHECK(code({"delete", "-", "192.0.2.66"}) == 0);
    CHECK(code({"--status", "192.0.2.66"}) == 3);
    for (const char* bad : {"-", "1.2.3", "0.0.0.0/0", "::/0", "any"}) {
        CAPTURE(bad);
        CHECK(code({"add", "-", bad}) == 2);
    }
}
