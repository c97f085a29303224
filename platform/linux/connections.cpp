// SPDX-License-Identifier: Apache-2.0
#include "platform/include/sessions.h"
#include "platform/linux/netlink.h"
#include "platform/linux/unique_fd.h"
#include "platform/network_text.h"

#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string_view>
#include <vector>

namespace riposte {
namespace {

constexpr const char* kTracking = "/proc/sys/net/netfilter/nf_conntrack_count";
constexpr int kRounds = 3;

bool has_prefix(std::string_view address, std::string_view wanted, unsigned bits) {
    const std::size_t whole = bits / 8;
    if (address.substr(0, whole) != wanted.substr(0, whole)) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const auto difference = static_cast<unsigned char>(address[whole] ^ wanted[whole]);
    return difference >> (8 - rest) == 0;
}

// `address` has 4 or 16 bytes. A socket for both families has IPv4 addresses mapped into IPv6.
bool is_in(const NetworkBytes& network, std::string_view address) {
    constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
    if (!network.is_v6() && address.size() == 16 && address.starts_with(kMapped)) address.remove_prefix(12);
    return address.size() == network.address.size() && has_prefix(address, network.address, network.prefix_length);
}

// ---- sockets ----

constexpr unsigned kListening = 10;
constexpr unsigned kTimeWait = 6;
constexpr unsigned kAllButIdle = 0xFFFU & ~(1U << kListening) & ~(1U << kTimeWait) & ~(1U << 7U);

inet_diag_req_v2 question(int family, int protocol) {
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<__u8>(family);
    request.sdiag_protocol = static_cast<__u8>(protocol);
    request.idiag_states = kAllButIdle;
    return request;
}

Result<std::vector<inet_diag_req_v2>> find_sockets(const NetworkBytes& network, int family, int protocol) {
    std::vector<inet_diag_req_v2> found;
    NetlinkMessages ask;
    ask.start(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, question(family, protocol));
    const auto listed = netlink_exchange(NETLINK_SOCK_DIAG, ask, "list the connections", [&](const nlmsghdr& message) {
        if (message.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg)))
            return;
        const auto* socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(&message));
        const std::string_view other(reinterpret_cast<const char*>(socket->id.idiag_dst), family == AF_INET6 ? 16 : 4);
        if (!is_in(network, other)) return;
        found.push_back(question(family, protocol));
        found.back().id = socket->id;
    });
    // A kernel that has no such family or protocol.
    if (!listed && listed.error().code != std::errc::no_such_file_or_directory) return listed.error();
    return found;
}

Result<std::size_t> destroy(const std::vector<inet_diag_req_v2>& sockets) {
    std::size_t destroyed = 0;
    for (const inet_diag_req_v2& socket : sockets) {
        NetlinkMessages order;
        order.start(SOCK_DESTROY, NLM_F_ACK, socket);
        const auto done = netlink_exchange(NETLINK_SOCK_DIAG, order, "end a connection");
        if (!done && done.error().code == std::errc::operation_not_supported)
            return failure(std::errc::not_supported,
                           "this kernel cannot end connections (INET_DIAG_DESTROY is not set)");
        // Over by itself meanwhile.
        if (!done && done.error().code != std::errc::no_such_file_or_directory) return done.error();
        if (done) ++destroyed;
    }
    return destroyed;
}

Result<std::size_t> end_sockets(const NetworkBytes& network) {
    std::size_t ended = 0;
    for (const int family : {AF_INET, AF_INET6}) {
        // IPv6 sockets carry both.
        if (family == AF_INET && network.is_v6()) continue;
        for (const int protocol : {IPPROTO_TCP, IPPROTO_UDP}) {
            const auto sockets = find_sockets(network, family, protocol);
            if (!sockets) return sockets.error();
            const auto destroyed = destroy(*sockets);
            if (!destroyed) return destroyed;
            ended += *destroyed;
        }
    }
    return ended;
}

// ---- connection tracking ----

struct TrackedConnection {
    __u8 family = AF_INET;
    std::string tuple;  // the payload of its CTA_TUPLE_ORIG
    std::string zone;   // empty: none
    std::string id;
};

bool touches(const NetworkBytes& network, const nlattr* tuple) {
    const nlattr* const addresses = tuple == nullptr ? nullptr : find_attribute(tuple, CTA_TUPLE_IP);
    if (addresses == nullptr) return false;
    for (const unsigned type : {CTA_IP_V4_SRC, CTA_IP_V4_DST, CTA_IP_V6_SRC, CTA_IP_V6_DST}) {
        const std::string address = attribute_bytes(find_attribute(addresses, type));
        if (!address.empty() && is_in(network, address)) return true;
    }
    return false;
}

Result<std::vector<TrackedConnection>> find_tracked(const NetworkBytes& network) {
    constexpr unsigned kGet = NFNL_SUBSYS_CTNETLINK << 8U | IPCTNL_MSG_CT_GET;
    std::vector<TrackedConnection> found;
    NetlinkMessages ask;
    const auto family = static_cast<__u8>(network.family);
    ask.start(kGet, NLM_F_DUMP, nfgenmsg{family, NFNETLINK_V0, 0});
    const auto listed =
        netlink_exchange(NETLINK_NETFILTER, ask, "list the tracked connections", [&](const nlmsghdr& message) {
            const auto attribute = [&](unsigned type) { return find_attribute(message, sizeof(nfgenmsg), type); };
            if (!touches(network, attribute(CTA_TUPLE_ORIG)) && !touches(network, attribute(CTA_TUPLE_REPLY))) return;
            found.push_back({family, attribute_bytes(attribute(CTA_TUPLE_ORIG)), attribute_bytes(attribute(CTA_ZONE)),
                             attribute_bytes(attribute(CTA_ID))});
        });
    if (!listed) return listed.error();
    return found;
}

Result<bool> forget(const TrackedConnection& connection) {
    constexpr unsigned kDelete = NFNL_SUBSYS_CTNETLINK << 8U | IPCTNL_MSG_CT_DELETE;
    NetlinkMessages order;
    order.start(kDelete, NLM_F_ACK, nfgenmsg{connection.family, NFNETLINK_V0, 0});
    order.put_bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, connection.tuple.data(), connection.tuple.size());
    if (!connection.zone.empty()) order.put_bytes(CTA_ZONE, connection.zone.data(), connection.zone.size());
    if (!connection.id.empty()) order.put_bytes(CTA_ID, connection.id.data(), connection.id.size());
    const auto done = netlink_exchange(NETLINK_NETFILTER, order, "end a tracked connection");
    if (!done && done.error().code != std::errc::no_such_file_or_directory) return done.error();
    return done.has_value();
}

Result<std::size_t> end_tracked(const NetworkBytes& network) {
    // Where the kernel tracks nothing, to ask would make it load the module.
    if (::access(kTracking, F_OK) != 0) return std::size_t{0};
    const auto connections = find_tracked(network);
    if (!connections) return connections.error();
    std::size_t ended = 0;
    for (const TrackedConnection& connection : *connections) {
        const auto forgotten = forget(connection);
        if (!forgotten) return forgotten.error();
        ended += *forgotten ? 1 : 0;
    }
    return ended;
}

// A list that changed while it was read is read again.
template <class End>
Result<std::size_t> again_if_interrupted(End end) {
    auto ended = end();
    for (int round = 1; !ended && ended.error().code == std::errc::interrupted && round < kRounds; ++round)
        ended = end();
    return ended;
}

}  // namespace

Result<EndedConnections> end_connections(const std::string& network) {
    const auto bytes = network_bytes(network);
    if (!bytes) return bytes.error();
    // Sockets first: what a program sends on would be tracked anew.
    const auto sockets = again_if_interrupted([&] { return end_sockets(*bytes); });
    if (!sockets) return sockets.error();
    const auto tracked = again_if_interrupted([&] { return end_tracked(*bytes); });
    if (!tracked) return tracked.error();
    return EndedConnections{*sockets, *tracked};
}

Result<std::string> check_sessions() {
    if (::geteuid() != 0) return failure(std::errc::not_supported, "only root may end connections: run it as root");
    NetlinkMessages ask;
    ask.start(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, question(AF_INET, IPPROTO_TCP));
    const auto listed = netlink_exchange(NETLINK_SOCK_DIAG, ask, "list the connections");
    if (!listed) return failure(std::errc::not_supported, "sock_diag does not answer: " + listed.error().text());
    return std::string(::access(kTracking, F_OK) == 0 ? "sock_diag and conntrack" : "sock_diag");
}

}  // namespace riposte
