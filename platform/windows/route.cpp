// SPDX-License-Identifier: Apache-2.0
#include "platform/include/route.h"

#include "platform/network_text.h"
#include "platform/windows/route_calls.h"
#include "platform/windows/sid.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace riposte {
namespace {

using Row = MIB_IPFORWARD_ROW2;

// By this a route to the loopback interface is known as Riposte's: other tools choose lower ones or 256.
constexpr ULONG kMetric = 252;

// Windows sends what goes to another host's address by the loopback interface nowhere.
Row null_route(const NetworkBytes& network, NET_LUID loopback) {
    Row row{};
    row.InterfaceLuid = loopback;
    row.Metric = kMetric;
    row.Protocol = static_cast<NL_ROUTE_PROTOCOL>(MIB_IPPROTO_NETMGMT);
    row.DestinationPrefix.PrefixLength = static_cast<UINT8>(network.prefix_length);
    SOCKADDR_INET& destination = row.DestinationPrefix.Prefix;
    destination.si_family = static_cast<ADDRESS_FAMILY>(network.family);
    if (network.is_v6())
        std::memcpy(&destination.Ipv6.sin6_addr, network.address.data(), network.address.size());
    else
        std::memcpy(&destination.Ipv4.sin_addr, network.address.data(), network.address.size());
    // On the link: no gateway is asked.
    row.NextHop.si_family = destination.si_family;
    return row;
}

std::string address_of(const SOCKADDR_INET& socket) {
    if (socket.si_family == AF_INET6)
        return {reinterpret_cast<const char*>(&socket.Ipv6.sin6_addr), sizeof socket.Ipv6.sin6_addr};
    return {reinterpret_cast<const char*>(&socket.Ipv4.sin_addr), sizeof socket.Ipv4.sin_addr};
}

bool is_on_link(const Row& row) {
    const std::string address = address_of(row.NextHop);
    return std::ranges::all_of(address, [](char byte) { return byte == '\0'; });
}

bool leads_to(const Row& row, const NetworkBytes& network) {
    return row.DestinationPrefix.Prefix.si_family == network.family &&
           row.DestinationPrefix.PrefixLength == network.prefix_length &&
           address_of(row.DestinationPrefix.Prefix) == network.address;
}

bool is_own(const Row& row, NET_LUID loopback) {
    return row.InterfaceLuid.Value == loopback.Value && row.Metric == kMetric && is_on_link(row);
}

// What there is to one family of addresses.
struct Family {
    NET_LUID loopback{};
    std::vector<Row> routes;

    std::optional<Row> own(const NetworkBytes& network) const {
        for (const Row& row : routes)
            if (leads_to(row, network) && is_own(row, loopback)) return row;
        return std::nullopt;
    }
    bool has_others(const NetworkBytes& network) const {
        return std::ranges::any_of(routes,
                                   [&](const Row& row) { return leads_to(row, network) && !is_own(row, loopback); });
    }
};

class NullRoutes final : public AddressBlocker {
  public:
    explicit NullRoutes(std::unique_ptr<RouteCalls> calls) : calls_(std::move(calls)) {}

    std::string name() const override { return "route"; }

    Result<std::string> check() override {
        if (const auto family = read(AF_INET); !family) return family.error();
        if (!is_administrator())
            return failure(std::errc::not_supported, "only an administrator may change routes: run it as one");
        return std::string("routes to the loopback interface");
    }

    Result<void> block(const std::string& network, std::chrono::seconds /*timeout*/) override {
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        const auto before = read(bytes->family);
        if (!before) return before.error();
        // Whichever has the lower metric would count.
        if (before->has_others(*bytes))
            return failure(std::errc::file_exists, "add a route to " + network + ": there is another one");
        if (before->own(*bytes)) return {};
        if (auto added = calls_->add(null_route(*bytes, before->loopback)); !added) return added;
        const auto after = read(bytes->family);
        if (!after) return after.error();
        if (after->own(*bytes)) return {};
        return failure("the system took the route to " + network + ", but does not have it");
    }

    Result<bool> unblock(const std::string& network) override {
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        const auto before = read(bytes->family);
        // Without the family there is no route of it.
        if (!before && before.error().code == std::errc::not_supported && bytes->is_v6()) return false;
        if (!before) return before.error();
        const auto own = before->own(*bytes);
        if (!own) return false;
        if (auto removed = calls_->remove(*own); !removed) return removed.error();
        const auto after = read(bytes->family);
        if (!after) return after.error();
        if (after->own(*bytes)) return failure("the route to " + network + " is still there after it was removed");
        return true;
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        std::map<int, Family> families;
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto bytes = network_bytes(network);
            if (!bytes) return bytes.error();
            if (!families.contains(bytes->family)) {
                auto family = read(bytes->family);
                if (!family) return family.error();
                families.emplace(bytes->family, std::move(*family));
            }
            const Family& family = families.at(bytes->family);
            result.push_back(family.own(*bytes).has_value() && !family.has_others(*bytes));
        }
        return result;
    }

  private:
    Result<Family> read(int number) {
        const auto family = static_cast<ADDRESS_FAMILY>(number);
        const auto loopback = calls_->loopback(family);
        if (!loopback) return loopback.error();
        auto routes = calls_->routes(family);
        if (!routes) return routes.error();
        return Family{*loopback, std::move(*routes)};
    }

    std::unique_ptr<RouteCalls> calls_;
};

}  // namespace

std::unique_ptr<AddressBlocker> null_routes_over(std::unique_ptr<RouteCalls> calls) {
    return std::make_unique<NullRoutes>(std::move(calls));
}

std::unique_ptr<AddressBlocker> null_routes() {
    return null_routes_over(system_route_calls());
}

}  // namespace riposte
