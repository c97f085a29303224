// SPDX-License-Identifier: Apache-2.0
#include "src/request/address.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using riposte::Network;

namespace {

std::string canonical(const std::string& text) {
    const auto network = Network::parse(text);
    return network ? network->text() : "refused";
}

Network network(const std::string& text) {
    const auto parsed = Network::parse(text);
    REQUIRE_MESSAGE(parsed, text);
    return *parsed;
}

}  // namespace

TEST_CASE("an address or a network is read and written in its canonical form") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"192.0.2.7", "192.0.2.7"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"192.0.2.7/32", "192.0.2.7"},
        {"192.0.2.7/24", "192.0.2.0/24"},
        {"10.255.255.255/9", "10.128.0.0/9"},
        {"1.2.3.4/0", "0.0.0.0/0"},
        {"2001:DB8:0:0:0:0:0:7", "2001:db8::7"},
        {"2001:db8::7/128", "2001:db8::7"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"::1", "::1"},
        {"::/0", "::/0"},
        {"0000:0000:0000:0000:0000:0000:192.168.100.200", "::192.168.100.200"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    };
    for (const auto& entry : cases) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        CHECK(canonical(text) == expected);
        CHECK(canonical(expected) == expected);
    }
}

TEST_CASE("an IPv4 address mapped into IPv6 is the IPv4 address") {
    CHECK(canonical("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(canonical("::FFFF:c000:207") == "192.0.2.7");
    CHECK(canonical("0:0:0:0:0:ffff:192.0.2.7") == "192.0.2.7");
    CHECK(canonical("::ffff:192.0.2.7/120") == "192.0.2.0/24");
    CHECK(canonical("::ffff:192.0.2.7/96") == "0.0.0.0/0");
    CHECK(network("::ffff:192.0.2.7") == network("192.0.2.7"));
    CHECK_FALSE(network("::ffff:192.0.2.7").is_v6());
    CHECK(network("::ffff:192.0.2.7/80").is_v6());
}

TEST_CASE("text that readers could take differently is no address") {
    const std::vector<std::string> cases{
        "",
        " ",
        "-",
        "1",
        "1.2.3",
        "1.2.3.",
        ".1.2.3",
        "1.2.3.4.5",
        "1.2.3.4.",
        "1..3.4",
        "010.0.0.1",
        "10.00.0.1",
        "1.2.3.04",
        "256.1.1.1",
        "1.2.3.999",
        "1.2.3.1000",
        "0x7f.0.0.1",
        "2130706433",
        "+1.2.3.4",
        "-1.2.3.4",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4\n",
        "1.2.3.4; reboot",
        "1.2.3.4,5.6.7.8",
        "1.2.3.4:80",
        "localhost",
        "host.example",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/+8",
        "1.2.3.4/08",
        "1.2.3.4/8/8",
        "1.2.3.4/255.0.0.0",
        "1.2.3.4/4294967304",
        "/24",
        "1.2.3/24",
        ":",
        ":::",
        "::1::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "g::1",
        "[::1]",
        "[::1]:80",
        "fe80::1%eth0",
        "fe80::1%1",
        "::1%lo",
        "::1/129",
        "::1/ 64",
        "::1 ",
        "::ffff:1.2.3",
        "::ffff:01.2.3.4",
        "::ffff:1.2.3.4.5",
        "::1.2.3.4:5",
        "::FFFF:0x7f.1.1.1",
        "2001:db8::7/0064",
    };
    for (const auto& text : cases) {
        CAPTURE(text);
        CHECK(canonical(text) == "refused");
    }
    CHECK(canonical(std::string("1.2.3.4\0", 8)) == "refused");
    CHECK(canonical(std::string("1.2.3.4\0x", 9)) == "refused");
    CHECK(canonical(std::string(100'000, '1')) == "refused");
}

TEST_CASE("a network contains its parts and overlaps with what contains it") {
    CHECK(network("10.0.0.0/8").contains(network("10.1.2.3")));
    CHECK(network("10.0.0.0/8").contains(network("10.0.0.0/8")));
    CHECK_FALSE(network("10.0.0.0/8").contains(network("11.0.0.0")));
    CHECK_FALSE(network("10.1.0.0/16").contains(network("10.0.0.0/8")));
    CHECK(network("10.1.0.0/16").overlaps(network("10.0.0.0/8")));
    CHECK(network("10.0.0.0/8").overlaps(network("10.1.0.0/16")));
    CHECK_FALSE(network("10.0.0.0/9").overlaps(network("10.128.0.0/9")));
    CHECK(network("0.0.0.0/0").contains(network("203.0.113.9")));
    CHECK(network("2001:db8::/32").contains(network("2001:db8:ffff::1")));
    CHECK_FALSE(network("2001:db8::/32").contains(network("2001:db9::")));
    CHECK_FALSE(network("::/0").overlaps(network("203.0.113.9")));
    CHECK(network("203.0.113.0/24").contains(network("::ffff:203.0.113.9")));
}

TEST_CASE("a host is a network of one address") {
    CHECK(network("192.0.2.7").is_host());
    CHECK(network("192.0.2.7/32").is_host());
    CHECK_FALSE(network("192.0.2.7/31").is_host());
    CHECK(network("::1/128").is_host());
    CHECK_FALSE(network("::1/32").is_host());
    CHECK(network("192.0.2.0/25").prefix_length() == 25);
}
