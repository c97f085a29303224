// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include "tests/platform/support.h"

#include <boost/asio/ip/address.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace riposte;

TEST_CASE("a host knows its own addresses and default gateways as plain text") {
    const auto addresses = host_addresses();
    REQUIRE(addresses);
    for (const auto& list : {addresses->own, addresses->default_gateways}) {
        for (const std::string& address : list) {
            CAPTURE(address);
            boost::system::error_code error;
            boost::asio::ip::make_address(address, error);
            CHECK_FALSE(error);
            CHECK(address.find('%') == std::string::npos);
            CHECK(std::count(list.begin(), list.end(), address) == 1);
        }
    }
}

TEST_CASE("a host says what it is, in one line each") {
    const HostSystem host = host_system();
    CHECK((host.family == "Linux" || host.family == "Windows"));
    for (const std::string& text : {host.name, host.release, host.machine}) CHECK_FALSE(text.empty());
    for (const std::string& text : {host.name, host.release, host.version, host.machine, host.product, host.product_id,
                                    host.product_version, host.codename}) {
        CAPTURE(text);
        CHECK(text.find_first_of("\r\n\"") == std::string::npos);
    }
}

TEST_CASE("a host has administrators, each named once") {
    const std::vector<std::string> names = host_administrators();
    CHECK_FALSE(names.empty());
    CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK_FALSE(name.empty());
        CHECK(user_names_equal(name, name));
        CHECK_FALSE(user_names_equal(name, name + " "));
    }
}
