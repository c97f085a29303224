// SPDX-License-Identifier: Apache-2.0
#include "platform/include/sessions.h"

#include "platform/include/host.h"
#include "platform/windows/session_calls.h"
#include "platform/windows/sid.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <ws2tcpip.h>

namespace riposte {
namespace {

// An IPv4 network as in the kernel's rows: in network order.
struct Range {
    DWORD address = 0;
    DWORD mask = 0;

    bool contains(DWORD other) const { return (other & mask) == (address & mask); }
};

Result<Range> range_of(const std::string& network) {
    if (network.find(':') != std::string::npos)
        return failure(std::errc::not_supported, "Windows has no call that ends connections over IPv6");
    const std::size_t slash = network.find('/');
    IN_ADDR address{};
    unsigned length = 32;
    bool valid = ::inet_pton(AF_INET, network.substr(0, slash).c_str(), &address) == 1;
    if (slash != std::string::npos) {
        const char* const end = network.data() + network.size();
        const auto [stop, code] = std::from_chars(network.data() + slash + 1, end, length);
        valid = valid && code == std::errc() && stop == end;
    }
    if (!valid || length == 0 || length > 32)
        return failure(std::errc::invalid_argument, "\"" + network + "\" as an address or network");
    return Range{address.S_un.S_addr, ::htonl(0xFFFFFFFFU << (32 - length))};
}

// Listening sockets have no other end, and what is only waiting for its time is over.
bool is_live(const MIB_TCPROW& row) {
    return row.dwState != MIB_TCP_STATE_LISTEN && row.dwState != MIB_TCP_STATE_CLOSED &&
           row.dwState != MIB_TCP_STATE_TIME_WAIT && row.dwState != MIB_TCP_STATE_DELETE_TCB;
}

Result<std::vector<MIB_TCPROW>> live_connections(SessionCalls& calls, const Range& range) {
    auto rows = calls.connections();
    if (!rows) return rows;
    std::erase_if(*rows, [&](const MIB_TCPROW& row) { return !is_live(row) || !range.contains(row.dwRemoteAddr); });
    return rows;
}

bool is_same(const MIB_TCPROW& left, const MIB_TCPROW& right) {
    return left.dwLocalAddr == right.dwLocalAddr && left.dwLocalPort == right.dwLocalPort &&
           left.dwRemoteAddr == right.dwRemoteAddr && left.dwRemotePort == right.dwRemotePort;
}

}  // namespace

// Looks for the connections again after ending them: not every system that has the call does what the call promises.
Result<EndedConnections> end_connections(SessionCalls& calls, const std::string& network) {
    const auto range = range_of(network);
    if (!range) return range.error();
    const auto before = live_connections(calls, *range);
    if (!before) return before.error();
    std::optional<Error> refused;
    for (const MIB_TCPROW& row : *before) {
        if (auto ended = calls.end_connection(row); !ended) refused = ended.error();
    }
    if (before->empty()) return EndedConnections{};
    const auto after = live_connections(calls, *range);
    if (!after) return after.error();
    const auto is_there = [&](const MIB_TCPROW& row) {
        return std::ranges::any_of(*after, [&](const MIB_TCPROW& other) { return is_same(row, other); });
    };
    if (std::ranges::none_of(*before, is_there)) return EndedConnections{before->size(), 0};
    if (refused) return *refused;
    if (!calls.can_end_connections())
        return failure(std::errc::not_supported, "this system has no call that ends connections");
    return failure("connections are still there after they were ended");
}

Result<std::size_t> end_logins(SessionCalls& calls, const std::string& user) {
    const auto logins = calls.logins();
    if (!logins) return logins.error();
    std::size_t ended = 0;
    for (const Login& login : *logins) {
        if (!user_names_equal(login.user, user)) continue;
        if (auto done = calls.log_off(login.session); !done) return done.error();
        ++ended;
    }
    return ended;
}

Result<EndedConnections> end_connections(const std::string& network) {
    return end_connections(*system_session_calls(), network);
}

Result<std::size_t> end_logins(const std::string& user) {
    return end_logins(*system_session_calls(), user);
}

Result<std::string> check_sessions(SessionCalls& calls) {
    std::string found;
    if (calls.can_end_connections() && calls.connections()) found = "TCP over IPv4";
    if (calls.logins()) found += found.empty() ? "terminal sessions" : ", and terminal sessions";
    if (!found.empty()) return found;
    return failure(std::errc::not_supported, "this system can neither end connections nor tell its sessions");
}

Result<std::string> check_sessions() {
    if (!is_administrator())
        return failure(std::errc::not_supported, "only an administrator may end connections: run it as one");
    return check_sessions(*system_session_calls());
}

}  // namespace riposte
