// SPDX-License-Identifier: Apache-2.0
// Windows' firewall over calls that are recorded: Wine takes rules and has none, which the last test looks at.
#include "platform/include/firewall.h"

#include "platform/windows/firewall_calls.h"
#include "platform/windows/sid.h"
#include "tests/platform/support.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/skip.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

using Names = std::vector<std::string>;

// The state of a simulated firewall: its rules, its faults, and how many calls changed it.
struct FirewallMachine {
    std::vector<FirewallRule> rules;
    std::string obstacle;
    bool forgets = false;   // says yes to a rule and does not have it
    bool keeps = false;     // says yes to a removal and has it still
    std::size_t added = 0;  // calls
    std::size_t removed = 0;

    Names addresses(const std::string& name_start) const {
        Names found;
        for (const FirewallRule& rule : rules)
            if (rule.name.starts_with(name_start))
                found.push_back(rule.remote_addresses + (rule.is_inbound ? " in" : " out"));
        std::ranges::sort(found);
        return found;
    }
};

// As Windows tells them: a mask for IPv4, a range for an IPv6 address.
std::string as_windows_tells(const std::string& given) {
    if (given == "192.0.2.7" || given == "192.0.2.7/32") return "192.0.2.7/255.255.255.255";
    if (given == "192.0.2.0/24") return "192.0.2.0/255.255.255.0";
    if (given == "2001:db8::7" || given == "2001:db8::7/128") return "2001:db8::7-2001:db8::7";
    return given;
}

class RecordingFirewall final : public FirewallCalls {
  public:
    explicit RecordingFirewall(FirewallMachine& machine) : machine_(machine) {}
    Result<std::vector<FirewallRule>> rules(std::string_view name_start) override {
        std::vector<FirewallRule> found;
        for (const FirewallRule& rule : machine_.rules)
            if (rule.name.starts_with(name_start)) found.push_back(rule);
        return found;
    }
    Result<void> add(const FirewallRule& rule) override {
        ++machine_.added;
        if (machine_.forgets) return {};
        machine_.rules.push_back(rule);
        machine_.rules.back().remote_addresses = as_windows_tells(rule.remote_addresses);
        return {};
    }
    Result<void> remove(const FirewallRule& rule) override {
        ++machine_.removed;
        if (!machine_.keeps) std::erase(machine_.rules, rule);
        return {};
    }
    Result<std::string> obstacle() override { return machine_.obstacle; }

  private:
    FirewallMachine& machine_;
};

std::unique_ptr<AddressBlocker> over(FirewallMachine& machine, Firewall firewall) {
    return firewall_over(std::make_unique<RecordingFirewall>(machine), firewall);
}

const std::string kNetsh = "WAZUH ACTIVE RESPONSE BLOCKED IP";

}  // namespace

TEST_CASE("a block is two rules, in and out, each network its own, and the undo removes just those") {
    for (const Firewall firewall : {Firewall::OwnRules, Firewall::NetshRules}) {
        FirewallMachine machine;
        const FirewallRule others{"Riposte is my rule", "mine", "192.0.2.7/255.255.255.255", true};
        machine.rules.push_back(others);
        const auto blocker = over(machine, firewall);
        CAPTURE(blocker->name());
        const Names networks{"192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/32"};
        for (const std::string& network : networks) {
            CAPTURE(network);
            CHECK_FALSE(blocker->blocked({network})->front());
            CHECK(blocker->block(network, {}).has_value());
            CHECK(blocker->block(network, std::chrono::seconds(5)).has_value());
            CHECK(blocker->blocked({network})->front());
        }
        CHECK(machine.added == 8);
        CHECK(*blocker->blocked({"192.0.2.7", "192.0.2.8", "2001:db8::7"}) == std::vector<bool>{true, false, true});
        CHECK(*blocker->unblock("192.0.2.7"));
        CHECK_FALSE(*blocker->unblock("192.0.2.7"));
        CHECK(*blocker->blocked(networks) == std::vector<bool>{false, true, true, true});
        for (const std::string& network : networks) CHECK(blocker->unblock(network).has_value());
        CHECK(machine.rules == std::vector<FirewallRule>{others});
        CHECK(machine.removed == 8);
    }
}

TEST_CASE("netsh makes the rules that Wazuh's makes, with the prefix length of the family, and finds Wazuh's own") {
    FirewallMachine machine;
    const auto netsh = over(machine, Firewall::NetshRules);
    machine.rules.push_back({kNetsh, "", "192.0.2.8/255.255.255.255", true});
    CHECK(*netsh->unblock("192.0.2.8"));
    CHECK(machine.rules.empty());
    REQUIRE(netsh->block("2001:db8::9", {}).has_value());
    REQUIRE(netsh->block("198.51.100.9", {}).has_value());
    REQUIRE(netsh->block("198.51.100.0/24", {}).has_value());
    CHECK(machine.addresses(kNetsh) == Names{"198.51.100.0/24 in", "198.51.100.0/24 out", "198.51.100.9/32 in",
                                             "198.51.100.9/32 out", "2001:db8::9/128 in", "2001:db8::9/128 out"});
    for (const FirewallRule& rule : machine.rules) {
        CHECK(rule.name == kNetsh);
        CHECK(rule.group.empty());
    }
}

TEST_CASE("one missing or changed rule is no block, and blocking again makes it whole") {
    FirewallMachine machine;
    const auto blocker = over(machine, Firewall::OwnRules);
    REQUIRE(blocker->block("192.0.2.7", {}).has_value());
    CHECK(machine.addresses("Riposte 192.0.2.7 ") ==
          Names{"192.0.2.7/255.255.255.255 in", "192.0.2.7/255.255.255.255 out"});
    machine.rules.front().blocks_everything = false;
    CHECK_FALSE(blocker->blocked({"192.0.2.7"})->front());
    REQUIRE(blocker->block("192.0.2.7", {}).has_value());
    CHECK(blocker->blocked({"192.0.2.7"})->front());
    CHECK(machine.added == 3);
    machine.rules.pop_back();
    CHECK_FALSE(blocker->blocked({"192.0.2.7"})->front());
    // A removal first renames the rule; if it is interrupted there, the renamed rule still counts as Riposte's.
    machine.rules.front().name += " {0F0E}";
    CHECK(*blocker->unblock("192.0.2.7"));
    CHECK(machine.rules.empty());
}

TEST_CASE("a firewall that does not do what it says is found out") {
    FirewallMachine machine;
    for (const Firewall firewall : {Firewall::OwnRules, Firewall::NetshRules}) {
        const auto checked = over(machine, firewall)->check();
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == std::errc::not_supported);
        CHECK(checked.error().what.find("no rule at all") != std::string::npos);
    }
    const auto blocker = over(machine, Firewall::OwnRules);
    machine.forgets = true;
    CHECK_FALSE(blocker->block("192.0.2.7", {}).has_value());
    machine.forgets = false;
    REQUIRE(blocker->block("192.0.2.7", {}).has_value());
    machine.keeps = true;
    CHECK_FALSE(blocker->unblock("192.0.2.7").has_value());
}

TEST_CASE("while rules have no effect, Riposte's own are not made, and netsh's are, but are no block") {
    FirewallMachine machine;
    machine.obstacle = "it is off";
    const auto own = over(machine, Firewall::OwnRules);
    machine.rules.push_back({"Core Networking - DHCP (in)", "Core Networking", "*", true, false});
    CHECK(own->check().error().code == std::errc::not_supported);
    const auto refused = own->block("192.0.2.7", {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == std::errc::not_supported);
    CHECK(refused.error().what == "it is off");
    CHECK(machine.added == 0);

    const auto netsh = over(machine, Firewall::NetshRules);
    CHECK(netsh->block("192.0.2.7", {}).has_value());
    CHECK(machine.added == 2);
    CHECK_FALSE(netsh->blocked({"192.0.2.7"})->front());
    if (is_administrator()) CHECK(netsh->check()->find("it is off") != std::string::npos);
    machine.obstacle.clear();
    CHECK(netsh->blocked({"192.0.2.7"})->front());
    // The undo needs no firewall that is on.
    machine.obstacle = "it is off";
    CHECK(*netsh->unblock("192.0.2.7"));
}

TEST_CASE("what is no network reaches no firewall, and Linux' firewalls are not here") {
    FirewallMachine machine;
    const auto blocker = over(machine, Firewall::OwnRules);
    for (const char* bad : {"", "any", "0.0.0.0/0", "192.0.2.7,192.0.2.8", "LocalSubnet", "192.0.2.7 -"}) {
        CAPTURE(bad);
        CHECK_FALSE(blocker->block(bad, {}).has_value());
        CHECK_FALSE(blocker->unblock(bad).has_value());
    }
    CHECK(machine.added == 0);
    for (const Firewall firewall : {Firewall::Nftables, Firewall::Iptables, Firewall::Firewalld})
        CHECK(over(machine, firewall)->block("192.0.2.7", {}).error().code == std::errc::not_supported);
}

TEST_CASE("the system's own firewall is asked, and where it only pretends nothing claims success") {
    if (!is_wine()) return skip("this is no Wine, and the firewall of a real machine is left as it is");
    MESSAGE("Wine 8: INetFwRules::Add succeeds and adds nothing, and rules cannot be listed; a block must fail");
    for (const Firewall firewall : {Firewall::OwnRules, Firewall::NetshRules}) {
        const auto blocker = open_firewall(firewall);
        CAPTURE(blocker->name());
        CHECK(blocker->check().error().code == std::errc::not_supported);
        CHECK(blocker->block("192.0.2.7", {}).error().code == std::errc::not_supported);
        CHECK(blocker->unblock("192.0.2.7").error().code == std::errc::not_supported);
        CHECK(blocker->blocked({"192.0.2.7"}).error().code == std::errc::not_supported);
    }
}
