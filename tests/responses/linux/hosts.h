// SPDX-License-Identifier: Apache-2.0
// Three hosts in network namespaces: foe -- here -- inside. `here` routes between the two.
#pragma once

#include "platform/include/program.h"
#include "tests/support/os.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <unistd.h>
#include <vector>

namespace riposte::test {

inline bool may_make_namespaces() {
    if (is_root()) return true;
    skip("only root may make network namespaces");
    return false;
}

inline Words operator+(Words left, const Words& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline std::string require_run(const std::string& program, const Words& arguments, const std::string& input = {}) {
    const auto result = run_program(program, arguments, input, std::chrono::seconds(60), 64 << 20);
    REQUIRE_MESSAGE(result.has_value(), program);
    REQUIRE_MESSAGE(result->success(), describe(program, *result));
    return result->output;
}

class Host {
  public:
    explicit Host(const std::string& role) : name_("riposte-" + role + "-" + std::to_string(::getpid())) {
        static_cast<void>(run_program("ip", {"netns", "del", name_}));
        require_run("ip", {"netns", "add", name_});
        require_run("ip", {"-n", name_, "link", "set", "lo", "up"});
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host() { static_cast<void>(run_program("ip", {"netns", "del", name_})); }

    const std::string& name() const { return name_; }
    Result<ProgramResult> try_run(const Words& words, const std::string& input = {}) const {
        return run_program("ip", Words{"netns", "exec", name_} + words, input, std::chrono::seconds(60), 64 << 20);
    }
    std::string run(const Words& words, const std::string& input = {}) const {
        return require_run("ip", Words{"netns", "exec", name_} + words, input);
    }
    void link(const std::string& device, const Host& other, const std::string& other_device) const {
        require_run("ip", {"link", "add", device, "netns", name_, "type", "veth", "peer", "name", other_device, "netns",
                           other.name_});
        require_run("ip", {"-n", name_, "link", "set", device, "up"});
        require_run("ip", {"-n", other.name_, "link", "set", other_device, "up"});
    }
    void address(const std::string& device, const std::string& v4, const std::string& v6) const {
        require_run("ip", {"-n", name_, "addr", "add", v4 + "/24", "dev", device});
        require_run("ip", {"-n", name_, "addr", "add", v6 + "/64", "dev", device, "nodad"});
    }
    void default_route(const std::string& v4, const std::string& v6) const {
        require_run("ip", {"-n", name_, "route", "add", "default", "via", v4});
        require_run("ip", {"-n", name_, "-6", "route", "add", "default", "via", v6});
    }

  private:
    std::string name_;
};

struct Hosts {
    Host foe{"foe"};
    Host here{"here"};
    Host inside{"inside"};

    Hosts() {
        here.link("outer", foe, "eth");
        here.link("inner", inside, "eth");
        foe.address("eth", "192.0.2.66", "2001:db8:1::66");
        here.address("outer", "192.0.2.1", "2001:db8:1::1");
        here.address("inner", "198.51.100.1", "2001:db8:2::1");
        inside.address("eth", "198.51.100.7", "2001:db8:2::7");
        foe.default_route("192.0.2.1", "2001:db8:1::1");
        inside.default_route("198.51.100.1", "2001:db8:2::1");
        here.run({"sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"});
    }

    bool foe_pings(const std::string& address) const {
        const auto ping = foe.try_run({"ping", "-n", "-c", "1", "-W", "0.5", address});
        return ping && ping->success();
    }
    // To the host itself, and through it.
    static Words destinations(bool v6) {
        return v6 ? Words{"2001:db8:1::1", "2001:db8:2::7"} : Words{"192.0.2.1", "198.51.100.7"};
    }
    bool foe_passes(bool v6) const {
        for (const std::string& address : destinations(v6)) {
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            bool passes = foe_pings(address);
            while (!passes && std::chrono::steady_clock::now() < end) passes = foe_pings(address);
            if (!passes) return false;
        }
        return true;
    }
    bool foe_is_dropped(bool v6) const {
        for (const std::string& address : destinations(v6)) {
            if (foe_pings(address)) return false;
        }
        return true;
    }
};

}  // namespace riposte::test
