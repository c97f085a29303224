// SPDX-License-Identifier: Apache-2.0
#include "platform/network_text.h"

#include "tests/platform/support.h"

#include <string>
#include <utility>
#include <vector>

using namespace riposte;

TEST_CASE("an address or a network becomes its bytes and its length") {
    auto network = network_bytes("192.0.2.7");
    REQUIRE(network.has_value());
    CHECK(network->address == std::string("\xc0\x00\x02\x07", 4));
    CHECK(network->prefix_length == 32);
    CHECK(network->is_host());
    network = network_bytes("2001:db8::/32");
    REQUIRE(network.has_value());
    CHECK(network->address == std::string("\x20\x01\x0d\xb8", 4) + std::string(12, '\0'));
    CHECK(network->prefix_length == 32);
    CHECK(network->is_v6());
    CHECK_FALSE(network->is_host());
    CHECK(network_bytes("192.0.2.7")->family != network->family);
    for (const std::string& bad :
         std::vector<std::string>{"", "/", "192.0.2", "192.0.2.7/", "192.0.2.7/0", "192.0.2.7/33", "192.0.2.7/x",
                                  "192.0.2.7/24 ", "::/0", "::1/129", "fe80::1%1", "any", "*"}) {
        CAPTURE(bad);
        CHECK_FALSE(network_bytes(bad).has_value());
    }
}

TEST_CASE("what a firewall tells of a network is read in each of its spellings") {
    const std::vector<std::pair<std::string, std::string>> same{
        {"192.0.2.7", "192.0.2.7"},
        {"192.0.2.7/32", "192.0.2.7"},
        {"192.0.2.7/255.255.255.255", "192.0.2.7"},
        {"192.0.2.7-192.0.2.7", "192.0.2.7"},
        {"192.0.2.0/255.255.255.0", "192.0.2.0/24"},
        {"192.0.2.0-192.0.2.255", "192.0.2.0/24"},
        {"192.0.2.128-192.0.2.255", "192.0.2.128/25"},
        {"2001:db8::7/128", "2001:db8::7"},
        {"2001:db8::7-2001:db8::7", "2001:db8::7"},
        {"2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"},
    };
    for (const auto& entry : same) {
        const auto& told = entry.first;
        const auto& meant = entry.second;
        CAPTURE(told);
        CHECK(told_network(told) == std::optional(*network_bytes(meant)));
    }
    for (const std::string& other :
         std::vector<std::string>{"", "*", "LocalSubnet", "192.0.2.7,192.0.2.8", "192.0.2.0-192.0.2.254",
                                  "192.0.2.1-192.0.2.0", "192.0.2.0/255.0.255.0", "192.0.2.0/0.0.0.0", "192.0.2.7-::1",
                                  "0.0.0.0-255.255.255.255", "2001:db8::/255.255.255.0", "-", "192.0.2.7-"}) {
        CAPTURE(other);
        CHECK_FALSE(told_network(other).has_value());
    }
}
