// SPDX-License-Identifier: Apache-2.0
#include "src/config/catalog.h"

#include "src/config/duration.h"
#include "src/config/sections.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

void take_settings(Resolved& resolved, const Command& command) {
    resolved.command = command.name;
    resolved.local_extra_args = command.extra_args;
    resolved.expects_srcip = command.expects_srcip;
    resolved.expects_user = command.expects_user;
    resolved.expects_filename = command.expects_filename;
}

// As many as the longest timeout has; a request's name may be far longer.
constexpr std::size_t kMaxTimeoutDigits = 10;

}  // namespace

Catalog::Catalog(const Config& config, std::vector<ArConfEntry> ar_conf, const Exists& exists) : config_(config) {
    for (ArConfEntry& entry : ar_conf) {
        const auto known = resolved_.find(entry.name);
        if (known != resolved_.end()) {
            const bool replaces = !exists(known->second.executable) && exists(entry.executable);
            if (!replaces) continue;
        }
        auto name = entry.name;
        resolved_.insert_or_assign(std::move(name), from_ar_conf(std::move(entry)));
    }
    for (const ActiveResponse& response : config_.active_responses) {
        const Command* command = config_.find_command(response.command);
        if (command) resolved_.try_emplace(response.name(), from_command(*command, response.timeout));
    }
}

Resolved Catalog::from_command(const Command& command, std::chrono::seconds timeout) const {
    Resolved resolved;
    take_settings(resolved, command);
    resolved.executable = command.executable;
    resolved.timeout = timeout;
    resolved.repeated_offenders = offenders(&command);
    resolved.disabled = is_disabled(&command, command.name + std::to_string(timeout.count()));
    return resolved;
}

Resolved Catalog::from_ar_conf(ArConfEntry entry) const {
    Resolved resolved;
    resolved.from_ar_conf = true;
    resolved.command = entry.name;
    // The manager's name is the command's with the timeout behind it.
    const auto timeout = std::to_string(entry.timeout.count());
    const std::string_view name = entry.name;
    const Command* command = nullptr;
    if (name.ends_with(timeout)) command = config_.find_command(name.substr(0, name.size() - timeout.size()));
    if (!command) command = config_.find_command(name);
    if (command) take_settings(resolved, *command);
    resolved.executable = std::move(entry.executable);
    resolved.timeout = entry.timeout;
    resolved.repeated_offenders = offenders(command);
    resolved.disabled = is_disabled(command, entry.name);
    return resolved;
}

// Those of the command's own active responses, or else of a block without command.
std::vector<std::chrono::minutes> Catalog::offenders(const Command* command) const {
    const std::vector<std::chrono::minutes>* general = nullptr;
    for (const ActiveResponse& response : config_.active_responses) {
        if (response.repeated_offenders.empty()) continue;
        if (command && response.command == command->name) return response.repeated_offenders;
        if (response.command.empty() && !general) general = &response.repeated_offenders;
    }
    return general ? *general : std::vector<std::chrono::minutes>();
}

// A block without command that is disabled switches everything off, as on an agent of Wazuh's. Else the command's
// blocks of that very name decide, or if there is none, all of its blocks: one that is enabled is enough.
bool Catalog::is_disabled(const Command* command, const std::string& name) const {
    bool any = false, any_enabled = false, named = false, named_enabled = false;
    for (const ActiveResponse& response : config_.active_responses) {
        if (response.command.empty() && response.disabled) return true;
        if (!command || response.command != command->name) continue;
        any = true;
        any_enabled |= !response.disabled;
        if (response.name() != name) continue;
        named = true;
        named_enabled |= !response.disabled;
    }
    return named ? !named_enabled : any && !any_enabled;
}

const Resolved* Catalog::find(const std::string& name) const {
    const auto known = resolved_.find(name);
    if (known != resolved_.end()) return &known->second;
    computed_ = with_timeout(name);
    if (!computed_) computed_ = bare(name);
    return computed_ ? &*computed_ : nullptr;
}

// A command's name with seconds behind it.
std::optional<Resolved> Catalog::with_timeout(std::string_view name) const {
    const auto last_other = name.find_last_not_of("0123456789");
    const auto digits_at = last_other == std::string_view::npos ? 0 : last_other + 1;
    const auto most_digits = std::min(name.size() - digits_at, kMaxTimeoutDigits);
    // From the longest command's name to the shortest: "a1" with 0 behind it comes before "a" with 10.
    for (std::size_t count = 1; count <= most_digits; ++count) {
        const auto length = name.size() - count;
        const auto digits = name.substr(length);
        const auto seconds = parse_whole_number(digits, kMaxTimeoutSeconds);
        // "a007" is no name that a manager makes.
        if (!seconds || (digits.size() > 1 && digits.front() == '0')) continue;
        const Command* command = config_.find_command(name.substr(0, length));
        if (command && (*seconds == 0 || command->timeout_allowed))
            return from_command(*command, std::chrono::seconds(*seconds));
    }
    return std::nullopt;
}

std::optional<Resolved> Catalog::bare(const std::string& name) const {
    const Command* command = config_.find_command(name);
    if (!command) return std::nullopt;
    const auto& responses = config_.active_responses;
    const auto first = std::find_if(responses.begin(), responses.end(),
                                    [&](const ActiveResponse& each) { return each.command == name && !each.disabled; });
    return from_command(*command, first == responses.end() ? std::chrono::seconds(0) : first->timeout);
}

Resolved Catalog::for_executable(const std::string& name, const std::string& executable,
                                 std::chrono::seconds timeout) const {
    const Command* command = config_.find_command(name);
    if (!command) {
        const auto found = std::find_if(config_.commands.begin(), config_.commands.end(),
                                        [&](const Command& each) { return each.executable == executable; });
        if (found != config_.commands.end()) command = &*found;
    }
    Resolved resolved;
    resolved.command = name;
    if (command) take_settings(resolved, *command);
    resolved.executable = executable;
    resolved.timeout = timeout;
    resolved.repeated_offenders = offenders(command);
    resolved.disabled = is_disabled(command, resolved.command + std::to_string(timeout.count()));
    return resolved;
}

std::vector<std::string> Catalog::names() const {
    std::vector<std::string> names;
    for (const auto& [name, resolved] : resolved_) names.push_back(name);
    for (const Command& command : config_.commands) names.push_back(command.name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

EffectiveSettings effective_settings(const Settings& settings, const std::string& command,
                                     const std::string& executable) {
    EffectiveSettings effective;
    effective.deadline = settings.deadline;
    effective.on_boot = settings.on_boot;
    auto own = settings.commands.find(command);
    if (own == settings.commands.end()) own = settings.commands.find(executable);
    if (own == settings.commands.end()) return effective;
    const CommandSettings& chosen = own->second;
    effective.deadline = chosen.deadline.value_or(settings.deadline);
    effective.dialect = chosen.dialect;
    effective.on_boot = chosen.on_boot.value_or(settings.on_boot);
    effective.dry_run = chosen.dry_run;
    effective.protect = chosen.protect;
    effective.limits = chosen.limits;
    return effective;
}

}  // namespace riposte
