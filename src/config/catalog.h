// SPDX-License-Identifier: Apache-2.0
// From the name in a request to what it runs: the manager's ar.conf and the local configuration together.
#pragma once

#include "platform/include/result.h"
#include "src/config/config.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace riposte {

// One line of ar.conf: "NAME - EXECUTABLE - TIMEOUT" (Wazuh v4.14.7 src/os_execd/exec.c ReadExecConfig).
struct ArConfEntry {
    std::string name;
    std::string executable;
    std::chrono::seconds timeout{0};
};
// Any number of lines; a bad one is reported as a warning and left out. At most 1 MiB is read.
std::vector<ArConfEntry> parse_ar_conf(std::string_view text, const std::string& name, Diagnostics& found);
// A missing file is no entries and no finding: a manager has not pushed one yet.
std::vector<ArConfEntry> load_ar_conf(const std::filesystem::path& file, Diagnostics& found);

// The command and the executable that a name stands for.
struct Resolved {
    std::string command;     // the command's configured name, or the name itself when only ar.conf knows it
    std::string executable;  // a bare file name
    std::chrono::seconds timeout{0};
    std::string local_extra_args;
    std::vector<std::chrono::minutes> repeated_offenders;
    bool disabled = false;
    bool from_ar_conf = false;  // the manager's name, else a local one
    bool expects_srcip = false, expects_user = false, expects_filename = false;
    bool stateful() const { return timeout.count() > 0; }
};

class Catalog {
  public:
    // `exists` tells whether a bare name is a file in the bin directory: of several lines of one name in ar.conf, the
    // first that exists here counts (the first line, if none does).
    using Exists = std::function<bool(const std::string& executable)>;
    Catalog(const Config& config, std::vector<ArConfEntry> ar_conf, const Exists& exists);

    // In this order: ar.conf; a local active response's name; a local command followed by a number of seconds (0 or,
    // where timeout_allowed, more), the longest command name first; a local command's bare name, with the timeout of
    // its first enabled active response or 0. No pointer: unknown. An entry of ar.conf takes local_extra_args, expect
    // and repeated_offenders from the local command with its name, if there is one. The result belongs to the catalog
    // and is valid until the next call. `disabled`: by a block without command, by the active responses of that name,
    // or by all of the command's.
    const Resolved* find(const std::string& name) const;
    // For a request that names the executable itself ("!name", or Wazuh 5): settings of the local command of that name
    // or with that executable, if any.
    Resolved for_executable(const std::string& name, const std::string& executable, std::chrono::seconds timeout) const;
    // All names, sorted, for `riposte commands`.
    std::vector<std::string> names() const;

  private:
    Resolved from_command(const Command& command, std::chrono::seconds timeout) const;
    Resolved from_ar_conf(ArConfEntry entry) const;
    std::vector<std::chrono::minutes> offenders(const Command* command) const;
    bool is_disabled(const Command* command, const std::string& name) const;
    std::optional<Resolved> with_timeout(std::string_view name) const;
    std::optional<Resolved> bare(const std::string& name) const;

    const Config& config_;
    std::unordered_map<std::string, Resolved> resolved_;
    // Names with a timeout behind them are too many to keep: whoever sends requests could fill the memory with them.
    mutable std::optional<Resolved> computed_;
};

// The settings of <riposte><command name="..."> for a command, or else for its executable, with the general ones filled
// in. Limits are the command's own; those of <riposte><limit> hold for all commands together.
struct EffectiveSettings {
    std::chrono::milliseconds deadline{};
    std::optional<Dialect> dialect;
    OnBoot on_boot = OnBoot::Reverse;
    bool dry_run = false;
    bool protect = true;
    Limits limits;
};
EffectiveSettings effective_settings(const Settings& settings, const std::string& command,
                                     const std::string& executable);

}  // namespace riposte
