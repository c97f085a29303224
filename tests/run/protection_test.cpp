// SPDX-License-Identifier: Apache-2.0
#include "src/run/protection.h"

#include "tests/log/log_support.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace riposte;

namespace {

// A host whose addresses the test changes, and which counts how often it is asked.
struct Host {
    HostAddresses addresses{{"203.0.113.1", "2001:db8::5"}, {"203.0.113.254"}};
    std::optional<Error> error;
    int asked = 0;
    Protection::AskHost ask() {
        return [this]() -> Result<HostAddresses> {
            ++asked;
            if (error) return *error;
            return addresses;
        };
    }
};

const Protected kConfigured{{"10.0.0.0/8", "198.51.100.7", "2001:db8:1::/48"}, {"backup"}};

std::string reason(Protection& protection, const std::string& target) {
    return protection.reason_for_address(target).value_or("");
}

}  // namespace

TEST_CASE("each protected target is refused with the reason that applies to it") {
    test::SetClock clock;
    Host host;
    Protection protection(kConfigured, clock, host.ask(), {"root", "toor"});
    protection.set_managers({"192.0.2.10", "manager.example", "2001:db8:2::10"});

    const std::vector<std::pair<std::string, std::string>> cases{
        {"127.0.0.1", "127.0.0.1 is a loopback address"},
        {"127.255.3.4", "127.255.3.4 is a loopback address"},
        {"::1", "::1 is a loopback address"},
        {"0.0.0.0", "0.0.0.0 is the unspecified address"},
        {"::", ":: is the unspecified address"},
        {"255.255.255.255", "255.255.255.255 is the broadcast address"},
        {"203.0.113.1", "203.0.113.1 is this host's own address"},
        {"2001:db8::5", "2001:db8::5 is this host's own address"},
        {"2001:0db8:0:0::5", "2001:db8::5 is this host's own address"},
        {"203.0.113.254", "203.0.113.254 is this host's default gateway"},
        {"192.0.2.10", "192.0.2.10 is the manager's address"},
        {"2001:db8:2::10", "2001:db8:2::10 is the manager's address"},
        {"10.1.2.3", "10.1.2.3 is in the protected network 10.0.0.0/8"},
        {"10.20.0.0/16", "10.20.0.0/16 is in the protected network 10.0.0.0/8"},
        {"10.0.0.0/8", "10.0.0.0/8 is a protected network"},
        {"198.51.100.7", "198.51.100.7 is a protected address"},
        {"2001:db8:1:2::3", "2001:db8:1:2::3 is in the protected network 2001:db8:1::/48"},
        {"::ffff:10.1.2.3", "10.1.2.3 is in the protected network 10.0.0.0/8"},
        {"::ffff:127.0.0.1", "127.0.0.1 is a loopback address"},
        {"203.0.113.0/24", "203.0.113.0/24 contains 203.0.113.1, this host's own address"},
        {"8.0.0.0/5", "8.0.0.0/5 contains 10.0.0.0/8, a protected network"},
        {"0.0.0.0/0", "0.0.0.0/0 contains 127.0.0.0/8, the loopback network"},
        {"::/0", "::/0 contains ::1, a loopback address"},
    };
    for (const auto& entry : cases) {
        const auto& target = entry.first;
        const auto& expected = entry.second;
        CAPTURE(target);
        CHECK(reason(protection, target) == expected);
    }
}

TEST_CASE("other targets are not protected") {
    test::SetClock clock;
    Host host;
    Protection protection(kConfigured, clock, host.ask(), {"root"});
    protection.set_managers({"manager.example"});
    for (const char* target :
         {"203.0.113.2", "11.0.0.1", "9.255.255.255", "128.0.0.1", "2001:db8::6", "2001:db8:2::1", "198.51.100.0/30",
          "255.255.255.254", "manager.example", "", "10.0.0", "not an address"}) {
        CAPTURE(target);
        CHECK(reason(protection, target).empty());
    }
}

TEST_CASE("the managers' addresses are replaced as a whole") {
    test::SetClock clock;
    Host host;
    Protection protection({}, clock, host.ask(), {});
    CHECK(reason(protection, "192.0.2.10").empty());
    protection.set_managers({"192.0.2.10"});
    CHECK_FALSE(reason(protection, "192.0.2.10").empty());
    protection.set_managers({"192.0.2.11"});
    CHECK(reason(protection, "192.0.2.10").empty());
    CHECK_FALSE(reason(protection, "192.0.2.11").empty());
}

TEST_CASE("the host is asked afresh only when its answer is older than five seconds") {
    test::SetClock clock;
    Host host;
    Protection protection({}, clock, host.ask(), {});
    CHECK(host.asked == 0);
    CHECK_FALSE(reason(protection, "203.0.113.1").empty());
    host.addresses.own = {"203.0.113.99"};
    clock.boot += 5000;
    CHECK_FALSE(reason(protection, "203.0.113.1").empty());
    CHECK(host.asked == 1);
    clock.boot += 1;
    CHECK(reason(protection, "203.0.113.1").empty());
    CHECK_FALSE(reason(protection, "203.0.113.99").empty());
    CHECK(host.asked == 2);
}

TEST_CASE("when the host cannot be asked the last known addresses count and it is said once") {
    test::SetClock clock;
    test::CapturedLog said;
    Host host;
    Protection protection({}, clock, host.ask(), {});
    CHECK_FALSE(reason(protection, "203.0.113.1").empty());
    host.error = failure(std::errc::permission_denied, "read the addresses");
    for (int i = 0; i < 3; ++i) {
        clock.boot += 6000;
        CHECK_FALSE(reason(protection, "203.0.113.1").empty());
    }
    REQUIRE(said.texts().size() == 1);
    CHECK(said.texts()[0].find("read the addresses: Permission denied; ") == 0);

    host.error.reset();
    host.addresses.own = {"203.0.113.99"};
    clock.boot += 6000;
    CHECK(reason(protection, "203.0.113.1").empty());
    host.error = failure("it broke again");
    clock.boot += 6000;
    CHECK_FALSE(reason(protection, "203.0.113.99").empty());
    CHECK(said.texts().size() == 2);
}

TEST_CASE("administrators and configured users are protected, others and mere likenesses are not") {
    test::SetClock clock;
    Host host;
    const Protection protection(kConfigured, clock, host.ask(), {"root", "toor"});
    CHECK(protection.reason_for_user("root").value_or("") == "root is an administrator of this host");
    CHECK(protection.reason_for_user("toor").value_or("") == "toor is an administrator of this host");
    CHECK(protection.reason_for_user("backup").value_or("") == "backup is a protected user");
    for (const char* user : {"", "roo", "root2", "backup ", "alice"}) {
        CAPTURE(user);
        CHECK_FALSE(protection.reason_for_user(user));
    }
}

TEST_CASE("this system's own loopback address and administrators are protected by default") {
    test::SetClock clock;
    Protection protection({}, clock);
    CHECK_FALSE(reason(protection, "127.0.0.1").empty());
    const std::vector<std::string> administrators = host_administrators();
    REQUIRE_FALSE(administrators.empty());
    for (const std::string& name : administrators) CHECK(protection.reason_for_user(name));
}
