// SPDX-License-Identifier: Apache-2.0
// Through firewall-cmd, whose command line is the same in every version; its answers are read by their exit codes.
#include "platform/linux/firewalld.h"

#include "platform/include/program.h"
#include "platform/network_text.h"

#include <set>
#include <sstream>

namespace riposte {
namespace {

constexpr const char* kProgram = "firewall-cmd";
// firewall-cmd(1), EXIT CODES.
constexpr int kAlreadyEnabled = 11;
constexpr int kNotEnabled = 12;
constexpr int kNotRunning = 252;
constexpr std::chrono::seconds kDeadline{30};

Result<ProgramResult> ask(const std::vector<std::string>& arguments) {
    auto result = run_program(kProgram, arguments, {}, kDeadline, 64 << 20);
    if (!result && result.error().code == std::errc::no_such_file_or_directory)
        return failure(std::errc::not_supported, "firewall-cmd is not here: install the package firewalld");
    if (result && result->exit_code == kNotRunning)
        return failure(std::errc::not_supported, "firewalld does not run: start its service");
    return result;
}

Result<std::string> answer(const std::vector<std::string>& arguments) {
    const auto result = ask(arguments);
    if (!result) return result.error();
    if (!result->success()) return failure(describe(kProgram, *result));
    return result->output;
}

Result<std::string> rule_for(const std::string& network) {
    const auto bytes = network_bytes(network);
    if (!bytes) return bytes.error();
    return std::string("rule family=\"") + (bytes->is_v6() ? "ipv6" : "ipv4") + "\" source address=\"" + network +
           "\" drop";
}

// The default zone takes what no other does. The active ones stand at the beginnings of lines, what is in them is
// indented; newer versions write "(default)" behind the name.
Result<std::set<std::string>> zones_in_use() {
    const auto by_default = answer({"--get-default-zone"});
    if (!by_default) return by_default.error();
    const auto active = answer({"--get-active-zones"});
    if (!active) return active.error();
    std::set<std::string> zones;
    std::istringstream lines(*by_default + "\n" + *active);
    for (std::string line; std::getline(lines, line);) {
        const std::string zone = line.substr(0, line.find(' '));
        if (!zone.empty()) zones.insert(zone);
    }
    return zones;
}

std::set<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::set<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        line.erase(0, line.find_first_not_of(" \t"));
        lines.insert(line);
    }
    return lines;
}

class Firewalld final : public AddressBlocker {
  public:
    std::string name() const override { return "firewalld"; }

    Result<std::string> check() override {
        const auto state = answer({"--state"});
        if (!state) return state.error();
        return std::string("firewalld through firewall-cmd");
    }

    Result<void> block(const std::string& network, std::chrono::seconds timeout) override {
        const auto rule = rule_for(network);
        if (!rule) return rule.error();
        std::vector<std::string> arguments{"--add-rich-rule=" + *rule};
        if (timeout.count() > 0) arguments.push_back("--timeout=" + std::to_string(timeout.count()));
        const auto changed = in_each_zone(arguments, kAlreadyEnabled);
        if (!changed) return changed.error();
        return {};
    }

    Result<bool> unblock(const std::string& network) override {
        const auto rule = rule_for(network);
        if (!rule) return rule.error();
        return in_each_zone({"--remove-rich-rule=" + *rule}, kNotEnabled);
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        const auto zones = zones_in_use();
        if (!zones) return zones.error();
        std::vector<bool> result(networks.size(), true);
        for (const std::string& zone : *zones) {
            const auto listed = answer({"--zone=" + zone, "--list-rich-rules"});
            if (!listed) return listed.error();
            const std::set<std::string> rules = lines_of(*listed);
            for (std::size_t i = 0; i < networks.size(); ++i) {
                const auto rule = rule_for(networks[i]);
                if (!rule) return rule.error();
                result[i] = result[i] && rules.count(*rule) != 0;
            }
        }
        return result;
    }

  private:
    // Whether anything changed in one of them; `no_change` is the exit code that says that it was so before. Older
    // versions say that with a warning and the code 0.
    static Result<bool> in_each_zone(const std::vector<std::string>& arguments, int no_change) {
        const auto zones = zones_in_use();
        if (!zones) return zones.error();
        bool any = false;
        for (const std::string& zone : *zones) {
            std::vector<std::string> all{"--zone=" + zone};
            all.insert(all.end(), arguments.begin(), arguments.end());
            const auto result = ask(all);
            if (!result) return result.error();
            if (!result->success() && result->exit_code != no_change) return failure(describe(kProgram, *result));
            any = any || (result->success() && result->output.find("_ENABLED") == std::string::npos);
        }
        return any;
    }
};

}  // namespace

std::unique_ptr<AddressBlocker> firewalld_blocker() {
    return std::make_unique<Firewalld>();
}

}  // namespace riposte
