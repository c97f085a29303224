// SPDX-License-Identifier: Apache-2.0
// The content of the configuration files, checked. Defaults live here and nowhere else.
#pragma once

#include "src/action/diagnostic.h"
#include "src/request/dialect.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

struct SourceLine {
    std::string file;
    int line = 0;
};

// <command>. Names and meaning: Wazuh v4.14.7 src/config/active-response.c.
struct Command {
    std::string name;
    std::string executable;  // a bare file name
    std::string extra_args;  // as written; split when used (split_extra_args of src/request/child_input.h)
    bool timeout_allowed = false;
    bool expects_srcip = false, expects_user = false, expects_filename = false;
    SourceLine where;
};

// <active-response>. A block without a command (as in a stock agent's ossec.conf) only carries `disabled` and
// repeated_offenders for all.
struct ActiveResponse {
    bool disabled = false;
    std::string command;  // may be empty, see above
    bool location_local = false, location_server = false, location_defined_agent = false, location_all = false;
    std::string agent_id;
    std::optional<int> level;
    std::vector<int> rules_id;
    std::string rules_group;
    std::chrono::seconds timeout{0};  // 0 when the command does not allow one
    std::vector<std::chrono::minutes> repeated_offenders;
    SourceLine where;
    // The <timeout> of a command that does not allow one, and its line.
    std::chrono::seconds ignored_timeout{0};
    int ignored_timeout_line = 0;
    // The name that a manager would give it: command and timeout in seconds, as in "firewall-drop600".
    std::string name() const { return command + std::to_string(timeout.count()); }
};

enum class OnStop { Keep, Reverse };
enum class OnBoot { Reverse, Reapply };

// <limit>, of all commands together or of one. 0: no limit.
struct Limits {
    std::uint32_t requests_per_minute = 0;
    std::uint32_t in_force = 0;
};

// <riposte><command name="...">: settings of Riposte's own for one command or executable. Unset: the general ones
// apply.
struct CommandSettings {
    std::optional<std::chrono::milliseconds> deadline;
    std::optional<Dialect> dialect;
    std::optional<OnBoot> on_boot;
    bool dry_run = false;
    bool protect = true;  // <protect>no</protect>: for responses that do not act on the alert's address or user
    Limits limits;
    SourceLine where;
};

struct Protected {
    std::vector<std::string> addresses;  // addresses and networks (CIDR), checked to parse
    std::vector<std::string> users;
};

// <manager>: read and checked now, used by the link.
struct ManagerSettings {
    struct Server {
        std::string address;
        std::uint16_t port = 0;  // 0: the protocol's own, 1514, or 1517 for https
        std::string protocol;    // "tcp", "udp", "https"; empty: what suits the kind
        bool operator==(const Server&) const = default;
    };
    std::vector<Server> servers;
    std::string kind = "auto";
    std::string crypto_method = "aes";
    std::string keys = "client.keys";
    std::chrono::seconds notify_time{20}, time_reconnect{60};
    struct Enrollment {
        bool enabled = true;
        std::uint16_t port = 1515;
        std::string agent_name, groups, authorization_pass_path, server_ca_path, agent_certificate_path, agent_key_path;
        bool operator==(const Enrollment&) const = default;
    } enrollment;
    bool operator==(const ManagerSettings&) const = default;
};

// <riposte>.
struct Settings {
    std::optional<std::filesystem::path> home;  // the command line and RIPOSTE_HOME win over it
    OnStop on_stop = OnStop::Keep;
    OnBoot on_boot = OnBoot::Reverse;
    bool ad_hoc = true;
    std::uint32_t max_running = 16;
    std::uint32_t queue = 65536;
    std::chrono::milliseconds deadline{60'000};
    std::chrono::milliseconds keys_deadline{5'000};
    std::chrono::milliseconds stale_after{10 * 60'000};
    std::chrono::seconds forget_offenders_after{30 * 24 * 3600};
    std::chrono::seconds drift_check{300};
    bool offenders_count_blocks_only = false;  // <count>blocks</count>
    std::string control_group;                 // <control><group>: who besides root may use the control endpoint
    Protected protect;
    Limits limits;
    std::map<std::string, CommandSettings>
        commands;  // by command name; a name that matches no command matches an executable
    std::optional<ManagerSettings> manager;
};

struct Config {
    std::vector<Command> commands;
    std::vector<ActiveResponse> active_responses;
    Settings settings;
    const Command* find_command(std::string_view name) const;
};

// Reads one file: <ossec_config>, <agent_config> and <riposte> roots, several of each. Every error in the file is
// reported, not the first only. The Config holds what was sound; use it only if there is no error. A missing or
// unreadable file, or one over 4 MiB, is an error with line 0. With `own_file` false (an agent's ossec.conf) a
// <riposte> section is an error.
Config load_config(const std::filesystem::path& file, Diagnostics& found, bool own_file = true);
// The same on text in memory; `name` stands in the diagnostics.
Config parse_config(std::string_view text, const std::string& name, Diagnostics& found, bool own_file = true);

// Reports settings that are legal and surely not meant, among them executables that are missing from `bin` or unsafe.
// Never reports errors. `found` may hold what the load reported: a notice of the load's that is repeated here as a
// warning becomes that warning.
void lint_config(const Config& config, const std::filesystem::path& bin, Diagnostics& found);

}  // namespace riposte
