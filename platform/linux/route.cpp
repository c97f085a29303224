// SPDX-License-Identifier: Apache-2.0
#include "platform/include/route.h"

#include "platform/linux/netlink.h"
#include "platform/network_text.h"

#include <cstdint>
#include <linux/rtnetlink.h>
#include <map>
#include <set>
#include <utility>

namespace riposte {
namespace {

constexpr std::uint8_t kProtocol = 252;  // no other's in rtnetlink(7) or /etc/iproute2/rt_protos
// Before other routes to the same destination. IPv4's lowest is 0, at which no second one can stand; IPv6 takes 0 for
// its default.
constexpr std::uint32_t kMetric6 = 1;
constexpr int kRouteAttempts = 4;

rtmsg route_header(const NetworkBytes& network) {
    rtmsg header{};
    header.rtm_family = static_cast<std::uint8_t>(network.family);
    header.rtm_dst_len = static_cast<std::uint8_t>(network.prefix_length);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = kProtocol;
    header.rtm_scope = RT_SCOPE_UNIVERSE;
    header.rtm_type = RTN_BLACKHOLE;
    return header;
}

Result<void> change_route(unsigned type, unsigned flags, const NetworkBytes& network, const std::string& what) {
    NetlinkMessages messages;
    messages.start(type, NLM_F_ACK | flags, route_header(network));
    messages.put_bytes(RTA_DST, network.address.data(), network.address.size());
    if (network.is_v6()) messages.put_value(RTA_PRIORITY, kMetric6);
    return netlink_exchange(NETLINK_ROUTE, messages, what);
}

using Destination = std::pair<std::string, unsigned>;

bool is_own(const rtmsg& route) {
    return route.rtm_type == RTN_BLACKHOLE && route.rtm_protocol == kProtocol && route.rtm_table == RT_TABLE_MAIN;
}

Result<std::set<Destination>> own_routes(int family) {
    std::set<Destination> routes;
    NetlinkMessages messages;
    rtmsg header{};
    header.rtm_family = static_cast<std::uint8_t>(family);
    messages.start(RTM_GETROUTE, NLM_F_DUMP, header);
    const auto read = netlink_exchange(NETLINK_ROUTE, messages, "read the routes", [&](const nlmsghdr& message) {
        const auto* route = static_cast<const rtmsg*>(::mnl_nlmsg_get_payload(&message));
        if (route->rtm_family == family && is_own(*route))
            routes.emplace(attribute_bytes(find_attribute(message, sizeof(rtmsg), RTA_DST)), route->rtm_dst_len);
    });
    if (!read) return read.error();
    return routes;
}

// To what no table has: changes nothing, and tells whether this process may.
Result<void> probe_routes() {
    const auto nowhere = network_bytes("255.255.255.254");
    if (!nowhere) return nowhere.error();
    const auto deleted = change_route(RTM_DELROUTE, 0, *nowhere, "change routes");
    if (deleted || deleted.error().code == std::errc::no_such_process) return {};
    if (deleted.error().code == std::errc::operation_not_permitted)
        return failure(std::errc::not_supported, "only root may change routes: run it as root");
    return deleted.error();
}

class NullRoutes final : public AddressBlocker {
  public:
    explicit NullRoutes(RouteLife life) : life_(life) {}

    std::string name() const override { return "route"; }

    Result<std::string> check() override {
        if (life_ == RouteLife::Persistent) return no_memory();
        if (const auto routes = own_routes(AF_INET); !routes) return routes.error();
        if (const auto allowed = probe_routes(); !allowed) return allowed.error();
        return std::string("blackhole routes");
    }

    Result<void> block(const std::string& network, std::chrono::seconds /*timeout*/) override {
        if (life_ == RouteLife::Persistent) return no_memory();
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        auto added = change_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, *bytes, "add a route to " + network);
        if (added || added.error().code != std::errc::file_exists) return added;
        const auto present = blocked({network});
        if (present && present->front()) return {};
        return added;
    }

    Result<bool> unblock(const std::string& network) override {
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        const auto deleted = change_route(RTM_DELROUTE, 0, *bytes, "delete the route to " + network);
        if (deleted) return true;
        if (deleted.error().code == std::errc::no_such_process) return false;
        return deleted.error();
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        std::map<int, std::set<Destination>> routes;
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto bytes = network_bytes(network);
            if (!bytes) return bytes.error();
            if (routes.count(bytes->family) == 0) {
                auto read = read_steadily(bytes->family);
                if (!read) return read.error();
                routes.emplace(bytes->family, std::move(*read));
            }
            result.push_back(routes.at(bytes->family).count({bytes->address, bytes->prefix_length}) != 0);
        }
        return result;
    }

  private:
    static Error no_memory() {
        return failure(std::errc::not_supported,
                       "Linux keeps no routes over a reboot: leave --persistent out, and let on_boot be reapply");
    }

    // Routes may change while they are read.
    static Result<std::set<Destination>> read_steadily(int family) {
        auto routes = own_routes(family);
        for (int attempt = 1; attempt < kRouteAttempts && !routes && routes.error().code == std::errc::interrupted;
             ++attempt)
            routes = own_routes(family);
        return routes;
    }

    RouteLife life_;
};

}  // namespace

std::unique_ptr<AddressBlocker> null_routes(RouteLife life) {
    return std::make_unique<NullRoutes>(life);
}

}  // namespace riposte
