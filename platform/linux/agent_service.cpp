// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_service.h"

#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "platform/include/program.h"

#include <array>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

constexpr std::chrono::seconds kSystemctlTakes{20};

template <class List>
Names in_order(AgentKind kind, const List& wazuh, const List& ossec) {
    Names names(wazuh.begin(), wazuh.end());
    names.insert(kind == AgentKind::Wazuh ? names.end() : names.begin(), ossec.begin(), ossec.end());
    return names;
}

struct Way {
    std::string program;    // by its path
    Names arguments;        // that restart
    std::string described;  // "the unit wazuh-agent.service by systemctl"
    bool is_systemd = false;
};

// Its path; empty: systemd does not run here.
std::string find_systemctl(const AgentPlaces& places) {
    if (!places.systemctl.empty()) return places.systemctl.string();
    std::error_code ignored;
    // sd_booted(3)
    if (!fs::is_directory("/run/systemd/system", ignored)) return {};
    const auto found = find_program("systemctl");
    return found ? *found : std::string();
}

// run_program() takes tools by their bare names only, and env(1) any path.
Result<ProgramResult> run_systemctl(const std::string& path, Names arguments) {
    arguments.insert(arguments.begin(), path);
    return run_program("env", arguments, {}, kSystemctlTakes);
}

struct SystemdUnit {
    Way way;
    bool is_active = false;
};

// The first that is active, else the first that is loaded.
std::optional<SystemdUnit> find_unit(AgentKind kind, const AgentPlaces& places) {
    static constexpr std::array<std::string_view, 2> kWazuh{"wazuh-agent.service", "wazuh-manager.service"};
    static constexpr std::array<std::string_view, 2> kOssec{"ossec.service", "ossec-hids.service"};
    const std::string systemctl = find_systemctl(places);
    if (systemctl.empty()) return std::nullopt;
    const auto has = [&](const std::string& unit, const std::string& property, const std::string& value) {
        const auto state = run_systemctl(systemctl, {"show", "--property=" + property, "--value", unit});
        return state && state->success() && state->output == value + "\n";
    };
    std::optional<SystemdUnit> first;
    for (const std::string& unit : in_order(kind, kWazuh, kOssec)) {
        if (!has(unit, "LoadState", "loaded")) continue;
        // Without --no-block the restart would be waited for by what it ends.
        SystemdUnit found{{systemctl, {"--no-block", "restart", unit}, "the unit " + unit + " by systemctl", true},
                          has(unit, "ActiveState", "active")};
        if (found.is_active) return found;
        if (!first) first = std::move(found);
    }
    return first;
}

Result<Way> find_control(AgentKind kind, const AgentPlaces& places) {
    static constexpr std::array<std::string_view, 1> kWazuh{"wazuh-control"};
    static constexpr std::array<std::string_view, 1> kOssec{"ossec-control"};
    const fs::path bin = (places.home.empty() ? default_home() : places.home) / "bin";
    for (const std::string& name : in_order(kind, kWazuh, kOssec)) {
        const fs::path file = bin / name;
        std::error_code ignored;
        if (!fs::exists(file, ignored)) continue;
        if (const auto trusted = check_trusted_file(file); !trusted) return trusted.error();
        return Way{file.string(), {"restart"}, "the agent by " + file.string(), false};
    }
    return failure(std::errc::not_supported,
                   "there is no agent here: neither has systemd a unit of Wazuh or OSSEC, nor " + bin.string() +
                       " its control program");
}

Result<Way> find_way(AgentKind kind, const AgentPlaces& places) {
    auto unit = find_unit(kind, places);
    if (unit && unit->is_active) return std::move(unit->way);
    // An agent may have been started without its unit; to start that one beside it would restart nothing.
    auto control = find_control(kind, places);
    if (!control && unit) return std::move(unit->way);
    return control;
}

}  // namespace

Result<std::string> find_agent_service(AgentKind kind, const AgentPlaces& places) {
    const auto way = find_way(kind, places);
    if (!way) return way.error();
    return way->described;
}

Result<void> restart_agent_service(AgentKind kind, const AgentPlaces& places) {
    const auto way = find_way(kind, places);
    if (!way) return way.error();
    if (!way->is_systemd) return start_program(way->program, way->arguments);
    const auto asked = run_systemctl(way->program, way->arguments);
    if (!asked) return asked.error();
    return asked->success() ? Result<void>() : failure(describe("systemctl", *asked));
}

std::optional<int> continue_restart(const std::vector<std::string>& /*arguments*/) {
    return std::nullopt;
}

}  // namespace riposte
