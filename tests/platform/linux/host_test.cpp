// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include "tests/platform/support.h"
#include "tests/support/text.h"

#include <boost/asio/ip/address.hpp>
#include <doctest/doctest.h>

#include <sstream>

using namespace riposte;
using riposte::test::contains;

namespace {

// The kernel's text form of the main table: destination and gateway as hexadecimal numbers of host order.
std::vector<std::string> gateways_in_proc() {
    std::istringstream lines(test::read_file("/proc/net/route"));
    std::vector<std::string> gateways;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string interface, destination, gateway, flags, skipped, mask;
        fields >> interface >> destination >> gateway >> flags >> skipped >> skipped >> skipped >> mask;
        const auto bits = static_cast<unsigned>(std::stoul(gateway, nullptr, 16));
        if (destination != "00000000" || mask != "00000000" || bits == 0) continue;
        gateways.push_back(boost::asio::ip::address_v4(
                               {static_cast<unsigned char>(bits), static_cast<unsigned char>(bits >> 8U),
                                static_cast<unsigned char>(bits >> 16U), static_cast<unsigned char>(bits >> 24U)})
                               .to_string());
    }
    return gateways;
}

}  // namespace

TEST_CASE("the addresses and gateways are those that the kernel shows") {
    const auto addresses = host_addresses();
    REQUIRE(addresses);
    // A network namespace whose loopback is down has no address at all.
    if (test::read_file("/proc/net/fib_trie").find("127.0.0.1") != std::string::npos) {
        CHECK(contains(addresses->own, "127.0.0.1"));
    }
    for (const std::string& gateway : gateways_in_proc()) {
        CAPTURE(gateway);
        CHECK(contains(addresses->default_gateways, gateway));
    }
}

TEST_CASE("every name of user id 0 is an administrator") {
    const std::vector<std::string> names = host_administrators();
    CHECK(contains(names, "root"));
    std::istringstream lines(test::read_file("/etc/passwd"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string name, password, id;
        std::getline(fields, name, ':');
        std::getline(fields, password, ':');
        std::getline(fields, id, ':');
        CAPTURE(name);
        if (!name.empty()) CHECK(contains(names, name) == (id == "0" || name == "root"));
    }
}

TEST_CASE("user names differ by case") {
    CHECK(user_names_equal("root", "root"));
    CHECK_FALSE(user_names_equal("root", "Root"));
    CHECK_FALSE(user_names_equal("root", "root "));
}
