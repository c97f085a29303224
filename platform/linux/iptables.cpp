// SPDX-License-Identifier: Apache-2.0
// Every call lists the filter table once and, if something is to change, hands all of it to iptables-restore in one
// transaction that leaves other rules alone. If another process was faster, the transaction fails as a whole and the
// call starts again. A rule or jump that stands there twice does no harm: undoing takes every one.
#include "platform/linux/iptables.h"

#include "platform/include/program.h"
#include "platform/network_text.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <unistd.h>

namespace riposte {
namespace {

constexpr const char* kChain = "RIPOSTE";
constexpr int kAttempts = 4;
constexpr std::chrono::seconds kToolDeadline{30};
constexpr std::size_t kMostOutput = 64 << 20;

struct Family {
    bool is_v6 = false;
    std::string list_program() const { return is_v6 ? "ip6tables" : "iptables"; }
    std::string restore_program() const { return is_v6 ? "ip6tables-restore" : "iptables-restore"; }
};

// The rule as iptables lists it, without its "-A " or "-D ".
Result<std::string> chain_rule_for(const std::string& network) {
    const auto bytes = network_bytes(network);
    if (!bytes) return bytes.error();
    const std::string whole = bytes->is_host() ? network + (bytes->is_v6() ? "/128" : "/32") : network;
    return std::string(kChain) + " -s " + whole + " -j DROP";
}

Family family_of(const std::string& network) {
    return {network.find(':') != std::string::npos};
}

Result<ProgramResult> run_tool(const std::string& program, const std::vector<std::string>& arguments,
                               const std::string& input = {}) {
    auto result = run_program(program, arguments, input, kToolDeadline, kMostOutput);
    if (!result && result.error().code == std::errc::no_such_file_or_directory)
        return failure(std::errc::not_supported, program + " is not here: install the package iptables");
    return result;
}

// The contents of the filter table: whether it has the chain RIPOSTE, and how many times it lists each rule. A rule is
// its line without the "-A ".
class Filter {
  public:
    static Result<Filter> read(const Family& family) {
        const auto listed = run_tool(family.list_program(), {"-w", "-S"});
        if (!listed) return listed.error();
        if (!listed->success()) return failure(describe(family.list_program(), *listed));
        Filter filter;
        std::istringstream lines(listed->output);
        for (std::string line; std::getline(lines, line);) {
            if (line == std::string("-N ") + kChain) filter.has_chain_ = true;
            if (line.starts_with("-A ")) ++filter.rules_[line.substr(3)];
        }
        return filter;
    }

    bool has_chain() const { return has_chain_; }
    int count(const std::string& rule) const {
        const auto found = rules_.find(rule);
        return found == rules_.end() ? 0 : found->second;
    }
    static std::vector<std::string> jumps() {
        return {std::string("INPUT -j ") + kChain, std::string("FORWARD -j ") + kChain};
    }
    bool has_jumps() const {
        return std::ranges::all_of(jumps(), [this](const std::string& jump) { return count(jump) > 0; });
    }

  private:
    bool has_chain_ = false;
    std::map<std::string, int> rules_;
};

// The lines that make the rule effective, as far as they are missing.
std::string lines_to_add(const Filter& filter, const std::string& rule) {
    std::string lines;
    if (!filter.has_chain()) lines += std::string("-N ") + kChain + "\n";
    for (const std::string& jump : Filter::jumps()) {
        const std::size_t space = jump.find(' ');
        if (filter.count(jump) == 0) lines += "-I " + jump.substr(0, space) + " 1" + jump.substr(space) + "\n";
    }
    if (filter.count(rule) == 0) lines += "-A " + rule + "\n";
    return lines;
}

std::string lines_to_delete(const Filter& filter, const std::string& rule) {
    std::string lines;
    for (int i = 0; i < filter.count(rule); ++i) lines += "-D " + rule + "\n";
    return lines;
}

class Iptables final : public AddressBlocker {
  public:
    std::string name() const override { return "iptables"; }

    Result<std::string> check() override {
        if (::geteuid() != 0) return failure(std::errc::not_supported, "only root may change iptables: run it as root");
        if (const auto filter = Filter::read(Family{false}); !filter) return filter.error();
        for (const bool is_v6 : {false, true}) {
            if (const auto found = find_program(Family{is_v6}.restore_program()); !found)
                return failure(std::errc::not_supported, Family{is_v6}.restore_program() + " is not here");
        }
        return std::string("iptables and ip6tables");
    }

    Result<void> block(const std::string& network, std::chrono::seconds /*timeout*/) override {
        const auto changed = apply(network, lines_to_add);
        if (!changed) return changed.error();
        return {};
    }

    Result<bool> unblock(const std::string& network) override { return apply(network, lines_to_delete); }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        std::map<bool, Filter> filters;
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto rule = chain_rule_for(network);
            if (!rule) return rule.error();
            const Family family = family_of(network);
            if (filters.count(family.is_v6) == 0) {
                const auto filter = Filter::read(family);
                if (!filter) return filter.error();
                filters.emplace(family.is_v6, *filter);
            }
            const Filter& filter = filters.at(family.is_v6);
            result.push_back(filter.has_jumps() && filter.count(*rule) > 0);
        }
        return result;
    }

  private:
    // Whether anything was to be changed.
    template <class Lines>
    static Result<bool> apply(const std::string& network, Lines lines_for) {
        const auto rule = chain_rule_for(network);
        if (!rule) return rule.error();
        const Family family = family_of(network);
        Error last;
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
            const auto filter = Filter::read(family);
            if (!filter) return filter.error();
            const std::string lines = lines_for(*filter, *rule);
            if (lines.empty()) return attempt > 0;
            const auto changed =
                run_tool(family.restore_program(), {"-w", "--noflush"}, "*filter\n" + lines + "COMMIT\n");
            if (!changed) return changed.error();
            if (changed->success()) return true;
            last = failure(describe(family.restore_program(), *changed));
        }
        return last;
    }
};

}  // namespace

std::unique_ptr<AddressBlocker> iptables_blocker() {
    return std::make_unique<Iptables>();
}

}  // namespace riposte
