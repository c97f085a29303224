// SPDX-License-Identifier: Apache-2.0
#include "platform/include/firewall.h"

#include "platform/network_text.h"
#include "platform/unavailable_blocker.h"
#include "platform/windows/firewall_calls.h"
#include "platform/windows/sid.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace riposte {
namespace {

constexpr std::array<bool, 2> kInboundAndOutbound{true, false};
// As Wazuh's netsh.exe names them all.
constexpr const char* kNetshName = "WAZUH ACTIVE RESPONSE BLOCKED IP";
constexpr const char* kOwn = "Riposte";

class RuleBlocker : public AddressBlocker {
  public:
    explicit RuleBlocker(std::unique_ptr<FirewallCalls> calls) : calls_(std::move(calls)) {}

    Result<void> block(const std::string& network, std::chrono::seconds /*timeout*/) override {
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        if (auto ready = make_ready(); !ready) return ready;
        const auto before = rules_of(*bytes);
        if (!before) return before.error();
        for (const bool is_inbound : kInboundAndOutbound) {
            if (blocks(*before, is_inbound)) continue;
            if (auto added = calls_->add(new_rule(*bytes, network, is_inbound)); !added) return added;
        }
        // Not every system that takes rules keeps them.
        const auto after = rules_of(*bytes);
        if (!after) return after.error();
        if (blocks(*after, true) && blocks(*after, false)) return {};
        return failure("the firewall took the rules for " + network + ", but does not have them");
    }

    Result<bool> unblock(const std::string& network) override {
        const auto bytes = network_bytes(network);
        if (!bytes) return bytes.error();
        const auto before = rules_of(*bytes);
        if (!before) return before.error();
        for (const FirewallRule& rule : *before)
            if (auto removed = calls_->remove(rule); !removed) return removed.error();
        const auto after = rules_of(*bytes);
        if (!after) return after.error();
        if (!after->empty()) return failure("the firewall still has rules for " + network + " after they were removed");
        return !before->empty();
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        const auto obstacle = calls_->obstacle();
        if (!obstacle) return obstacle.error();
        const auto all = calls_->rules(name_start());
        if (!all) return all.error();
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto bytes = network_bytes(network);
            if (!bytes) return bytes.error();
            const auto rules = select(*all, *bytes);
            result.push_back(obstacle->empty() && blocks(rules, true) && blocks(rules, false));
        }
        return result;
    }

  protected:
    FirewallCalls& calls() { return *calls_; }

    // Whether there are rules, and this user may change them.
    Result<void> look() {
        const auto rules = calls_->rules("");
        if (!rules) return rules.error();
        // Windows brings hundreds.
        if (rules->empty())
            return failure(std::errc::not_supported, "the firewall tells of no rule at all, not even of Windows' own");
        if (is_administrator()) return {};
        return failure(std::errc::not_supported, "only an administrator may change the firewall: run it as one");
    }
    // An Error: rules shall not be made now.
    virtual Result<void> make_ready() = 0;
    virtual std::string name_start() const = 0;
    virtual FirewallRule new_rule(const NetworkBytes& bytes, const std::string& network, bool is_inbound) const = 0;
    // The group of all such rules.
    virtual std::string group() const = 0;

  private:
    static bool blocks(const std::vector<FirewallRule>& rules, bool is_inbound) {
        return std::ranges::any_of(rules, [is_inbound](const FirewallRule& rule) {
            return rule.is_inbound == is_inbound && rule.blocks_everything;
        });
    }
    // By their address, since a removal that was interrupted leaves one under another name (firewall_calls.h).
    std::vector<FirewallRule> select(const std::vector<FirewallRule>& all, const NetworkBytes& bytes) const {
        std::vector<FirewallRule> own;
        std::ranges::copy_if(all, std::back_inserter(own), [&](const FirewallRule& rule) {
            return rule.group == group() && told_network(rule.remote_addresses) == bytes;
        });
        return own;
    }
    Result<std::vector<FirewallRule>> rules_of(const NetworkBytes& bytes) {
        const auto all = calls_->rules(name_start());
        if (!all) return all.error();
        return select(*all, bytes);
    }

    std::unique_ptr<FirewallCalls> calls_;
};

// In a group and under names of Riposte's own; only where they have an effect.
class OwnRules final : public RuleBlocker {
  public:
    using RuleBlocker::RuleBlocker;
    std::string name() const override { return "windows-firewall"; }

    Result<std::string> check() override {
        if (const auto seen = look(); !seen) return seen.error();
        if (const auto ready = make_ready(); !ready) return ready.error();
        return std::string("Windows' firewall, rules in the group Riposte");
    }

  private:
    Result<void> make_ready() override {
        const auto obstacle = calls().obstacle();
        if (!obstacle) return obstacle.error();
        return obstacle->empty() ? Result<void>() : failure(std::errc::not_supported, *obstacle);
    }
    std::string name_start() const override { return std::string(kOwn) + " "; }
    std::string group() const override { return kOwn; }
    FirewallRule new_rule(const NetworkBytes&, const std::string& network, bool is_inbound) const override {
        return {std::string(kOwn) + " " + network + (is_inbound ? " in" : " out"), kOwn, network, is_inbound};
    }
};

// Those that Wazuh's netsh.exe makes, which differ by their address only, so that either finds the other's.
class NetshRules final : public RuleBlocker {
  public:
    using RuleBlocker::RuleBlocker;
    std::string name() const override { return "netsh"; }

    Result<std::string> check() override {
        if (const auto seen = look(); !seen) return seen.error();
        const auto obstacle = calls().obstacle();
        if (!obstacle) return obstacle.error();
        const std::string found = "Windows' firewall, rules as Wazuh's netsh makes them";
        return obstacle->empty() ? found : found + "; warning: they have no effect now, " + *obstacle;
    }

  private:
    Result<void> make_ready() override { return {}; }
    std::string name_start() const override { return kNetshName; }
    std::string group() const override { return {}; }
    FirewallRule new_rule(const NetworkBytes& bytes, const std::string& network, bool is_inbound) const override {
        return {kNetshName, "", bytes.is_host() ? network + "/" + std::to_string(bytes.longest()) : network,
                is_inbound};
    }
};

}  // namespace

std::unique_ptr<AddressBlocker> firewall_over(std::unique_ptr<FirewallCalls> calls, Firewall firewall) {
    switch (firewall) {
        case Firewall::Nftables:
            return std::make_unique<UnavailableBlocker>("nftables");
        case Firewall::Iptables:
            return std::make_unique<UnavailableBlocker>("iptables");
        case Firewall::Firewalld:
            return std::make_unique<UnavailableBlocker>("firewalld");
        case Firewall::OwnRules:
            return std::make_unique<OwnRules>(std::move(calls));
        case Firewall::NetshRules:
            return std::make_unique<NetshRules>(std::move(calls));
    }
    return nullptr;
}

std::vector<Firewall> own_firewalls() {
    return {Firewall::OwnRules};
}

std::unique_ptr<AddressBlocker> open_firewall(Firewall firewall) {
    return firewall_over(system_firewall_calls(), firewall);
}

}  // namespace riposte
