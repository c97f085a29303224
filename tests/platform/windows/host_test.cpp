// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include "tests/platform/support.h"
#include "tests/support/text.h"

#include <boost/asio/ip/address_v4.hpp>
#include <doctest/doctest.h>

#include <iphlpapi.h>
#include <memory>
#include <winsock2.h>

using namespace riposte;
using riposte::test::contains;

namespace {

// Another view of the same: the table of IPv4 routes.
std::vector<std::string> gateways_in_route_table() {
    ULONG size = 0;
    ::GetIpForwardTable(nullptr, &size, FALSE);
    std::vector<unsigned char> buffer(size + sizeof(MIB_IPFORWARDTABLE));
    auto* table = reinterpret_cast<MIB_IPFORWARDTABLE*>(buffer.data());
    size = static_cast<ULONG>(buffer.size());
    REQUIRE(::GetIpForwardTable(table, &size, FALSE) == NO_ERROR);
    std::vector<std::string> gateways;
    for (DWORD index = 0; index < table->dwNumEntries; ++index) {
        const MIB_IPFORWARDROW& row = table->table[index];
        if (row.dwForwardDest != 0 || row.dwForwardMask != 0 || row.dwForwardNextHop == 0) continue;
        gateways.push_back(boost::asio::ip::address_v4(::ntohl(row.dwForwardNextHop)).to_string());
    }
    return gateways;
}

}  // namespace

TEST_CASE("the gateways are those of the route table, and the loopback is an address") {
    const auto addresses = host_addresses();
    REQUIRE(addresses);
    CHECK(contains(addresses->own, "127.0.0.1"));
    for (const std::string& gateway : gateways_in_route_table()) {
        CAPTURE(gateway);
        CHECK(contains(addresses->default_gateways, gateway));
    }
}

TEST_CASE("SYSTEM and Administrator are administrators, whatever the case of their names") {
    const std::vector<std::string> names = host_administrators();
    CHECK(contains(names, "SYSTEM"));
    CHECK(contains(names, "Administrator"));
    CHECK(user_names_equal("SYSTEM", "System"));
    CHECK(user_names_equal("J\xc3\x84GER", "j\xc3\xa4ger"));
    CHECK_FALSE(user_names_equal("SYSTEM", "SYSTEM2"));
}
