// SPDX-License-Identifier: Apache-2.0
#include "platform/include/sessions.h"

#include "platform/windows/session_calls.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/skip.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

// "192.0.2.7" as in a row.
DWORD row_address(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a | b << 8U | c << 16U | d << 24U;
}

MIB_TCPROW connection_row(DWORD remote, DWORD port, DWORD state = MIB_TCP_STATE_ESTAB) {
    MIB_TCPROW result{};
    result.dwState = state;
    result.dwLocalAddr = row_address(198, 51, 100, 1);
    result.dwLocalPort = 22;
    result.dwRemoteAddr = remote;
    result.dwRemotePort = port;
    return result;
}

// Notes what it is asked to end, and ends it unless it only pretends to.
struct RecordingSessions final : SessionCalls {
    std::vector<MIB_TCPROW> rows;
    std::vector<DWORD> ended;
    std::vector<Login> users{{1, "Alice"}, {2, "bob"}, {3, "ALICE"}};
    std::vector<DWORD> logged_off;
    bool pretends = false;
    bool refuses = false;
    bool can_end = true;
    bool tells_logins = true;

    bool can_end_connections() override { return can_end; }
    Result<std::vector<MIB_TCPROW>> connections() override { return rows; }
    Result<void> end_connection(const MIB_TCPROW& order) override {
        if (refuses) return failure(std::errc::permission_denied, "end a connection");
        ended.push_back(order.dwRemotePort);
        if (!pretends)
            std::erase_if(rows, [&](const MIB_TCPROW& each) { return each.dwRemotePort == order.dwRemotePort; });
        return {};
    }
    Result<std::vector<Login>> logins() override {
        if (!tells_logins) return failure(std::errc::not_supported, "no sessions");
        return users;
    }
    Result<void> log_off(DWORD session) override {
        if (refuses) return failure(std::errc::permission_denied, "log off");
        logged_off.push_back(session);
        return {};
    }
};

RecordingSessions some_connections() {
    RecordingSessions calls;
    calls.rows = {connection_row(row_address(192, 0, 2, 7), 1),
                  connection_row(row_address(192, 0, 2, 8), 2, MIB_TCP_STATE_SYN_RCVD),
                  connection_row(row_address(192, 0, 3, 7), 3),
                  connection_row(row_address(192, 0, 2, 7), 4, MIB_TCP_STATE_TIME_WAIT),
                  connection_row(row_address(192, 0, 2, 7), 5, MIB_TCP_STATE_CLOSE_WAIT),
                  connection_row(0, 0, MIB_TCP_STATE_LISTEN)};
    return calls;
}

}  // namespace

TEST_CASE("what is live with an address or a network is ended, and nothing else") {
    RecordingSessions calls = some_connections();
    auto ended = end_connections(calls, "192.0.2.7");
    REQUIRE(ended.has_value());
    CHECK(ended->sockets == 2);
    CHECK(calls.ended == std::vector<DWORD>{1, 5});
    ended = end_connections(calls, "192.0.2.7");
    REQUIRE(ended.has_value());
    CHECK(ended->sockets == 0);

    calls = some_connections();
    ended = end_connections(calls, "192.0.2.0/24");
    REQUIRE(ended.has_value());
    CHECK(calls.ended == std::vector<DWORD>{1, 2, 5});
    calls = some_connections();
    ended = end_connections(calls, "192.0.2.0/23");
    REQUIRE(ended.has_value());
    CHECK(calls.ended == std::vector<DWORD>{1, 2, 3, 5});
}

TEST_CASE("what is still there was not ended, whatever the system says") {
    RecordingSessions calls = some_connections();
    calls.pretends = true;
    CHECK_FALSE(end_connections(calls, "192.0.2.7").has_value());
    calls.refuses = true;
    const auto refused = end_connections(calls, "192.0.2.7");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == std::errc::permission_denied);
}

TEST_CASE("only what really works is said to be there") {
    RecordingSessions calls = some_connections();
    CHECK(*check_sessions(calls) == "TCP over IPv4, and terminal sessions");
    calls.tells_logins = false;
    CHECK(*check_sessions(calls) == "TCP over IPv4");
    calls.can_end = false;
    CHECK(check_sessions(calls).error().code == std::errc::not_supported);
    calls.pretends = true;
    CHECK(end_connections(calls, "192.0.2.7").error().code == std::errc::not_supported);
    calls.tells_logins = true;
    CHECK(*check_sessions(calls) == "terminal sessions");
    if (is_wine()) {
        MESSAGE("Wine 8: SetTcpEntry says yes to everything, and no session is told");
        CHECK_FALSE(system_session_calls()->can_end_connections());
        CHECK(check_sessions().error().code == std::errc::not_supported);
    }
}

TEST_CASE("IPv6 has no call, and what is no network is none") {
    RecordingSessions calls = some_connections();
    CHECK(end_connections(calls, "2001:db8::7").error().code == std::errc::not_supported);
    for (const char* bad : {"", "192.0.2", "192.0.2.7/0", "192.0.2.7/33", "192.0.2.7/", "192.0.2.7/x"}) {
        CAPTURE(bad);
        CHECK_FALSE(end_connections(calls, bad).has_value());
    }
    CHECK(calls.ended.empty());
}

TEST_CASE("all sessions of a user are logged off, in whatever case he is written") {
    RecordingSessions calls;
    auto ended = end_logins(calls, "alice");
    REQUIRE(ended.has_value());
    CHECK(*ended == 2);
    CHECK(calls.logged_off == std::vector<DWORD>{1, 3});
    CHECK(*end_logins(calls, "nobody") == 0);
    calls.refuses = true;
    CHECK_FALSE(end_logins(calls, "bob").has_value());
}

TEST_CASE("a real connection is ended, or not said to be") {
    namespace asio = boost::asio;
    asio::io_context loop;
    asio::ip::tcp::acceptor acceptor(loop, {asio::ip::make_address_v4("127.0.0.1"), 0});
    asio::ip::tcp::socket client(loop);
    client.connect(acceptor.local_endpoint());
    asio::ip::tcp::socket server = acceptor.accept();
    const auto rows = system_session_calls()->connections();
    REQUIRE(rows.has_value());
    const bool is_listed = std::any_of(rows->begin(), rows->end(), [&](const MIB_TCPROW& each) {
        return ::ntohs(static_cast<u_short>(each.dwRemotePort)) == acceptor.local_endpoint().port();
    });
    CHECK(is_listed);
    // The other tests' connections are on this machine, too, but not in this process.
    std::vector<MIB_TCPROW> own;
    for (const MIB_TCPROW& each : *rows) {
        const auto port = ::ntohs(static_cast<u_short>(each.dwRemotePort));
        if (port == acceptor.local_endpoint().port() && each.dwState == MIB_TCP_STATE_ESTAB) own.push_back(each);
    }
    REQUIRE(own.size() == 1);
    const auto ended = system_session_calls()->end_connection(own.front());
    boost::system::error_code code;
    asio::write(client, asio::buffer("x", 1), code);
    if (is_wine()) {
        MESSAGE("Wine's SetTcpEntry says: " << (ended ? "success" : ended.error().text()));
        skip("the end of a real connection: Wine's SetTcpEntry ends nothing");
        CHECK_FALSE(end_connections("127.0.0.1").has_value());
    } else {
        CHECK(ended.has_value());
        CHECK(code);
    }
}
