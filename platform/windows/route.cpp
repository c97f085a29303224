// SPDX-License-Identifier: Apache-2.0
#include "platform/include/route.h"

#include "platform/network_text.h"
#include "platform/windows/route_calls.h"
#include "platform/windows/sid.h"

#include <algorithm>
#include <array>
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

// The loopback interface and the routes of one address family.
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
    NullRoutes(std::unique_ptr<RouteCalls> calls, RouteLife life) : calls_(std::move(calls)), life_(life) {}

    std::string name() const override { return "route"; }

    Result<std::string> check() override {
        if (const auto family = read(AF_INET); !family) return family.error();
        if (!is_administrator())
            return failure(std::errc::not_supported, "only an administrator may change routes: run it as one");
        if (!calls_->can_change()) return no_call();
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
        // Nobody knows whether one that is there is kept over a reboot.
        if (before->own(*bytes) && life_ == RouteLife::UntilReboot) return {};
        if (!calls_->can_change()) return no_call();
        if (auto added = add(*bytes, *before); !added) return added;
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
        if (life_ == RouteLife::Persistent) return unblock_for_good(*bytes, *before);
        if (!before->own(*bytes)) return false;
        if (auto removed = remove_now(*bytes); !removed) return removed.error();
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
    static Error no_call() { return failure(std::errc::not_supported, "this system has no call that changes routes"); }

    static std::string prefix_of(const NetworkBytes& network) {
        const Row row = null_route(network, {});
        std::array<char, INET6_ADDRSTRLEN> text{};
        const SOCKADDR_INET& prefix = row.DestinationPrefix.Prefix;
        const void* const address = network.is_v6() ? static_cast<const void*>(&prefix.Ipv6.sin6_addr)
                                                    : static_cast<const void*>(&prefix.Ipv4.sin_addr);
        ::inet_ntop(prefix.si_family, address, text.data(), text.size());
        return std::string(text.data()) + "/" + std::to_string(network.prefix_length);
    }

    Result<void> add(const NetworkBytes& network, const Family& before) {
        const Row route = null_route(network, before.loopback);
        if (life_ == RouteLife::UntilReboot) return calls_->add(route);
        // One that is there already would be an error, and to remove none is one too.
        const std::string prefix = prefix_of(network);
        static_cast<void>(calls_->remove_for_good(route, prefix));
        if (before.own(network)) {
            if (auto removed = remove_now(network); !removed) return removed;
        }
        return calls_->add_for_good(route, prefix);
    }

    // Success also if there is none.
    Result<void> remove_now(const NetworkBytes& network) {
        const auto before = read(network.family);
        if (!before) return before.error();
        const auto own = before->own(network);
        if (!own) return {};
        if (auto removed = calls_->remove(*own); !removed) return removed;
        const auto after = read(network.family);
        if (!after) return after.error();
        if (!after->own(network)) return {};
        return failure("the route to " + prefix_of(network) + " is still there after it was removed");
    }

    // remove_for_good() fails also if there is no persistent route. Its error is returned only if the active route was
    // there, after that route is removed; without an active route it is taken to mean that there was no persistent one.
    Result<bool> unblock_for_good(const NetworkBytes& network, const Family& before) {
        const Row route = null_route(network, before.loopback);
        const auto forgotten = calls_->remove_for_good(route, prefix_of(network));
        const bool had_own = before.own(network).has_value();
        if (auto removed = remove_now(network); !removed) return removed.error();
        if (!forgotten && had_own) return forgotten.error();
        return had_own || forgotten;
    }

    Result<Family> read(int number) {
        const auto family = static_cast<ADDRESS_FAMILY>(number);
        const auto loopback = calls_->loopback(family);
        if (!loopback) return loopback.error();
        auto routes = calls_->routes(family);
        if (!routes) return routes.error();
        return Family{*loopback, std::move(*routes)};
    }

    std::unique_ptr<RouteCalls> calls_;
    RouteLife life_;
};

}  // namespace

std::unique_ptr<AddressBlocker> null_routes_over(std::unique_ptr<RouteCalls> calls, RouteLife life) {
    return std::make_unique<NullRoutes>(std::move(calls), life);
}

std::unique_ptr<AddressBlocker> null_routes(RouteLife life) {
    return null_routes_over(system_route_calls(), life);
}

}  // namespace riposte
