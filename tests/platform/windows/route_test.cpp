// SPDX-License-Identifier: Apache-2.0
// Routes to nowhere over calls that are recorded; the real calls as far as Wine has them, which is reading.
#include "platform/include/route.h"

#include "platform/windows/route_calls.h"
#include "tests/platform/support.h"
#include "tests/platform/windows/wine.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

using RouteRow = MIB_IPFORWARD_ROW2;

constexpr ULONG64 kLoopback = 0x0018'0000'0000'0000;

struct RouteMachine {
    std::vector<RouteRow> rows;
    bool has_v6 = true;
    bool can_change = true;
    bool forgets = false;
    bool keeps = false;
    std::size_t added = 0;
    std::size_t removed = 0;
    std::vector<std::string> kept;  // the destinations that a start of the system would bring back
    bool keeps_none = false;        // netsh fails
};

class RecordingRoutes final : public RouteCalls {
  public:
    explicit RecordingRoutes(RouteMachine& machine) : machine_(machine) {}
    bool can_change() override { return machine_.can_change; }
    Result<NET_LUID> loopback(ADDRESS_FAMILY family) override {
        if (family == AF_INET6 && !machine_.has_v6) return failure(std::errc::not_supported, "no IPv6");
        NET_LUID luid{};
        luid.Value = kLoopback;
        return luid;
    }
    Result<std::vector<RouteRow>> routes(ADDRESS_FAMILY family) override {
        std::vector<RouteRow> found;
        for (const RouteRow& row : machine_.rows)
            if (row.DestinationPrefix.Prefix.si_family == family) found.push_back(row);
        return found;
    }
    Result<void> add(const RouteRow& row) override {
        ++machine_.added;
        if (!machine_.forgets) machine_.rows.push_back(row);
        return {};
    }
    Result<void> remove(const RouteRow& row) override {
        ++machine_.removed;
        if (!machine_.keeps)
            std::erase_if(machine_.rows,
                          [&](const RouteRow& each) { return std::memcmp(&each, &row, sizeof row) == 0; });
        return {};
    }
    // As netsh: an entry that is there already is an error, and so is one that is not there to be removed.
    Result<void> add_for_good(const RouteRow& row, const std::string& prefix) override {
        if (machine_.keeps_none || std::ranges::count(machine_.kept, prefix) != 0) return failure("exit code 1");
        machine_.kept.push_back(prefix);
        machine_.rows.push_back(row);
        return {};
    }
    Result<void> remove_for_good(const RouteRow& row, const std::string& prefix) override {
        if (machine_.keeps_none || std::erase(machine_.kept, prefix) == 0) return failure("exit code 1");
        std::erase_if(machine_.rows, [&](const RouteRow& each) {
            return std::memcmp(&each.DestinationPrefix, &row.DestinationPrefix, sizeof row.DestinationPrefix) == 0;
        });
        return {};
    }

  private:
    RouteMachine& machine_;
};

std::unique_ptr<AddressBlocker> over(RouteMachine& machine, RouteLife life = RouteLife::UntilReboot) {
    return null_routes_over(std::make_unique<RecordingRoutes>(machine), life);
}

// To 192.0.2.7 through another interface and a gateway.
RouteRow others_route() {
    RouteRow row{};
    row.InterfaceLuid.Value = 0x0006'0000'0000'0000;
    row.Metric = 1;
    row.DestinationPrefix.PrefixLength = 32;
    row.DestinationPrefix.Prefix.si_family = AF_INET;
    row.DestinationPrefix.Prefix.Ipv4.sin_addr.S_un.S_addr = 0x0702'00C0;
    row.NextHop.si_family = AF_INET;
    row.NextHop.Ipv4.sin_addr.S_un.S_addr = 0x0102'00C0;
    return row;
}

}  // namespace

TEST_CASE("a block is one route to the loopback interface without a gateway, and the undo removes it") {
    RouteMachine machine;
    const auto routes = over(machine);
    const std::vector<std::string> networks{"192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/32"};
    for (const std::string& network : networks) {
        CAPTURE(network);
        CHECK_FALSE(routes->blocked({network})->front());
        CHECK(routes->block(network, {}).has_value());
        CHECK(routes->block(network, {}).has_value());
        CHECK(routes->blocked({network})->front());
    }
    CHECK(machine.added == 4);
    const RouteRow& first = machine.rows.at(0);
    CHECK(first.InterfaceLuid.Value == kLoopback);
    CHECK(first.DestinationPrefix.PrefixLength == 32);
    CHECK(first.DestinationPrefix.Prefix.Ipv4.sin_addr.S_un.S_addr == 0x0702'00C0);
    CHECK(first.NextHop.si_family == AF_INET);
    CHECK(first.NextHop.Ipv4.sin_addr.S_un.S_addr == 0);
    CHECK(first.Metric == 252);
    CHECK(machine.rows.at(1).DestinationPrefix.PrefixLength == 24);
    CHECK(machine.rows.at(2).DestinationPrefix.Prefix.si_family == AF_INET6);
    CHECK(machine.rows.at(2).DestinationPrefix.PrefixLength == 128);
    CHECK(machine.rows.at(2).DestinationPrefix.Prefix.Ipv6.sin6_addr.u.Byte[15] == 7);
    CHECK(machine.rows.at(3).DestinationPrefix.PrefixLength == 32);

    CHECK(*routes->unblock("192.0.2.7"));
    CHECK_FALSE(*routes->unblock("192.0.2.7"));
    CHECK(*routes->blocked(networks) == std::vector<bool>{false, true, true, true});
    for (const std::string& network : networks) CHECK(routes->unblock(network).has_value());
    CHECK(machine.rows.empty());
    CHECK(machine.removed == 4);
}

TEST_CASE("a route of anybody else is neither replaced nor removed") {
    RouteMachine machine;
    machine.rows.push_back(others_route());
    const auto routes = over(machine);
    const auto refused = routes->block("192.0.2.7", {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == std::errc::file_exists);
    CHECK_FALSE(*routes->unblock("192.0.2.7"));
    CHECK(machine.added == 0);
    CHECK(machine.removed == 0);
    CHECK(routes->block("192.0.2.0/24", {}).has_value());
    // One like Riposte's, but not by its metric.
    RouteRow like = machine.rows.back();
    like.Metric = 256;
    machine.rows = {like};
    CHECK(routes->block("192.0.2.0/24", {}).error().code == std::errc::file_exists);
    CHECK_FALSE(*routes->unblock("192.0.2.0/24"));
    // One that came later makes the block uncertain.
    machine.rows.clear();
    REQUIRE(routes->block("192.0.2.7", {}).has_value());
    machine.rows.push_back(others_route());
    CHECK_FALSE(routes->blocked({"192.0.2.7"})->front());
    CHECK(*routes->unblock("192.0.2.7"));
    CHECK(machine.rows.size() == 1);
}

TEST_CASE("a system that does not do what it says is found out, and one without IPv6 says so") {
    RouteMachine machine;
    const auto routes = over(machine);
    machine.forgets = true;
    CHECK_FALSE(routes->block("192.0.2.7", {}).has_value());
    machine.forgets = false;
    REQUIRE(routes->block("192.0.2.7", {}).has_value());
    machine.keeps = true;
    CHECK_FALSE(routes->unblock("192.0.2.7").has_value());
    machine.has_v6 = false;
    CHECK(routes->block("2001:db8::7", {}).error().code == std::errc::not_supported);
    CHECK_FALSE(*routes->unblock("2001:db8::7"));
    for (const char* bad : {"", "default", "0.0.0.0/0", "192.0.2.7 MASK"}) {
        CAPTURE(bad);
        CHECK_FALSE(routes->block(bad, {}).has_value());
    }
}

TEST_CASE("a route is kept over a reboot if that is asked for, and the undo forgets it") {
    RouteMachine machine;
    const auto kept = over(machine, RouteLife::Persistent);
    const std::vector<std::string> networks{"192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/32"};
    for (const std::string& network : networks) {
        CAPTURE(network);
        CHECK(kept->block(network, {}).has_value());
        CHECK(kept->block(network, {}).has_value());
        CHECK(kept->blocked({network})->front());
    }
    CHECK(machine.kept == std::vector<std::string>{"192.0.2.7/32", "192.0.2.0/24", "2001:db8::7/128", "2001:db8::/32"});
    CHECK(machine.rows.size() == 4);
    CHECK(machine.rows.front().Metric == 252);
    for (const std::string& network : networks) CHECK(*kept->unblock(network));
    CHECK_FALSE(*kept->unblock("192.0.2.7"));
    CHECK(machine.kept.empty());
    CHECK(machine.rows.empty());

    // One that would be gone at the next start becomes one that is kept.
    REQUIRE(over(machine)->block("192.0.2.7", {}).has_value());
    REQUIRE(kept->block("192.0.2.7", {}).has_value());
    CHECK(machine.kept.size() == 1);
    CHECK(machine.rows.size() == 1);
    // One that was removed by hand from what is now is forgotten too.
    machine.rows.clear();
    CHECK(*kept->unblock("192.0.2.7"));
    CHECK(machine.kept.empty());
}

TEST_CASE("a route that the system does not keep is not said to be kept, and others' are left alone") {
    RouteMachine machine;
    const auto kept = over(machine, RouteLife::Persistent);
    machine.keeps_none = true;
    CHECK_FALSE(kept->block("192.0.2.7", {}).has_value());
    REQUIRE(over(machine)->block("192.0.2.7", {}).has_value());
    CHECK_FALSE(kept->unblock("192.0.2.7").has_value());
    CHECK(machine.rows.empty());
    CHECK_FALSE(*kept->unblock("192.0.2.7"));

    machine.keeps_none = false;
    machine.rows.push_back(others_route());
    CHECK(kept->block("192.0.2.7", {}).error().code == std::errc::file_exists);
    CHECK(machine.kept.empty());
    CHECK(machine.rows.size() == 1);
}

TEST_CASE("where the calls are there by name only, nothing is tried and nothing claimed") {
    RouteMachine machine;
    machine.can_change = false;
    for (const RouteLife life : {RouteLife::UntilReboot, RouteLife::Persistent}) {
        const auto routes = over(machine, life);
        CHECK(routes->check().error().code == std::errc::not_supported);
        CHECK(routes->block("192.0.2.7", {}).error().code == std::errc::not_supported);
        CHECK_FALSE(*routes->unblock("192.0.2.7"));
    }
    CHECK(machine.added == 0);
    CHECK(machine.kept.empty());
}

TEST_CASE("the system's own routes are read") {
    const auto calls = system_route_calls();
    const auto routes = calls->routes(AF_INET);
    REQUIRE(routes.has_value());
    CHECK_FALSE(routes->empty());
    const auto loopback = calls->loopback(AF_INET);
    REQUIRE(loopback.has_value());
    const auto blocked = null_routes()->blocked({"192.0.2.7", "198.51.100.0/24"});
    REQUIRE(blocked.has_value());
    CHECK(*blocked == std::vector<bool>{false, false});
    CHECK_FALSE(*null_routes()->unblock("192.0.2.7"));
    if (is_wine()) {
        MESSAGE("Wine 8 has InitializeIpForwardEntry and CreateIpForwardEntry2 by name only");
        CHECK_FALSE(calls->can_change());
        CHECK(null_routes()->check().error().code == std::errc::not_supported);
        CHECK(null_routes()->block("192.0.2.7", {}).error().code == std::errc::not_supported);
        CHECK(null_routes(RouteLife::Persistent)->block("192.0.2.7", {}).error().code == std::errc::not_supported);
    } else {
        CHECK(calls->can_change());
    }
}
