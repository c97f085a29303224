// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_service.h"

#include "platform/agent_restart.h"
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

constexpr std::chrono::seconds kSystemctlTakes{15};
// Each daemon of the agent may take its time to end.
constexpr std::chrono::minutes kControlTakes{5};

constexpr std::array<std::string_view, 1> kWazuhControl{"wazuh-control"};
constexpr std::array<std::string_view, 1> kOssecControl{"ossec-control"};

template <class List>
Names in_order(AgentKind kind, const List& wazuh, const List& ossec) {
    Names names(wazuh.begin(), wazuh.end());
    names.insert(kind == AgentKind::Wazuh ? names.end() : names.begin(), ossec.begin(), ossec.end());
    return names;
}

struct Way {
    std::string described;  // "the unit wazuh-agent.service by systemctl"
    std::string unit;       // empty: by the control program
    std::string control;    // its path
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
Result<ProgramResult> run_path(const std::string& path, Names arguments, std::chrono::milliseconds deadline) {
    arguments.insert(arguments.begin(), path);
    return run_program("env", arguments, {}, deadline);
}

// An Error if it failed, too.
Result<void> run_to_success(const std::string& path, Names arguments, std::chrono::milliseconds deadline) {
    const auto ran = run_path(path, std::move(arguments), deadline);
    if (!ran) return ran.error();
    return ran->success() ? Result<void>() : failure(describe(fs::path(path).filename().string(), *ran));
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
        const auto state = run_path(systemctl, {"show", "--property=" + property, "--value", unit}, kSystemctlTakes);
        return state && state->success() && state->output == value + "\n";
    };
    std::optional<SystemdUnit> first;
    for (const std::string& unit : in_order(kind, kWazuh, kOssec)) {
        if (!has(unit, "LoadState", "loaded")) continue;
        SystemdUnit found{{"the unit " + unit + " by systemctl", unit, {}}, has(unit, "ActiveState", "active")};
        if (found.is_active) return found;
        if (!first) first = std::move(found);
    }
    return first;
}

Result<Way> find_control(AgentKind kind, const AgentPlaces& places) {
    const fs::path bin = (places.home.empty() ? home_of_own_program() : places.home) / "bin";
    for (const std::string& name : in_order(kind, kWazuhControl, kOssecControl)) {
        const fs::path file = bin / name;
        std::error_code ignored;
        if (!fs::exists(file, ignored)) continue;
        if (const auto trusted = check_trusted_file(file); !trusted) return trusted.error();
        return Way{"the agent by " + file.string(), {}, file.string()};
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

// Without --no-block the restart would be waited for by what it ends.
Result<void> restart_unit(const std::string& systemctl, const std::string& unit) {
    return try_three_times([&] { return run_to_success(systemctl, {"--no-block", "restart", unit}, kSystemctlTakes); });
}

// Beside systemctl; empty: there is none.
std::string find_systemd_run(const std::string& systemctl) {
    if (systemctl.empty()) return {};
    std::string file = (fs::path(systemctl).parent_path() / "systemd-run").string();
    std::error_code ignored;
    return fs::exists(file, ignored) ? file : std::string();
}

// The agent's processes stay in the scope. In that of the service that runs this process, they would end with it.
Result<void> run_control(const std::string& control, const std::string& systemctl) {
    const std::string systemd_run = find_systemd_run(systemctl);
    if (systemd_run.empty()) return run_to_success(control, {"restart"}, kControlTakes);
    return run_to_success(systemd_run, {"--scope", "--quiet", "--", control, "restart"}, kControlTakes);
}

bool is_control(const fs::path& file) {
    const std::string name = file.filename().string();
    return file.is_absolute() && (name == kWazuhControl.front() || name == kOssecControl.front());
}

}  // namespace

Result<std::string> find_agent_service(AgentKind kind, const AgentPlaces& places) {
    const auto way = find_way(kind, places);
    if (!way) return way.error();
    return way->described;
}

Result<std::string> restart_agent_service(AgentKind kind, const AgentPlaces& places) {
    const auto way = find_way(kind, places);
    if (!way) return way.error();
    if (!way->unit.empty()) {
        if (const auto asked = restart_unit(find_systemctl(places), way->unit); !asked) return asked.error();
        return "systemd was asked to restart the unit " + way->unit;
    }
    const auto program = own_program();
    if (!program) return program.error();
    const Names words{std::string(kContinueRestart), way->control, find_systemctl(places)};
    if (const auto started = start_program(program->string(), words); !started) return started.error();
    return "a process of its own restarts " + way->described;
}

std::optional<Result<std::string>> continue_restart(const std::vector<std::string>& arguments) {
    if (arguments.size() != 3 || arguments[0] != kContinueRestart || !is_control(arguments[1])) return std::nullopt;
    const std::string& control = arguments[1];
    const auto done = try_three_times([&]() -> Result<void> {
        if (auto trusted = check_trusted_file(control); !trusted) return trusted;
        return run_control(control, arguments[2]);
    });
    if (!done) return done.error();
    return "restarted the agent by " + control;
}

}  // namespace riposte
