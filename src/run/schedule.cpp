// SPDX-License-Identifier: Apache-2.0
#include "src/run/schedule.h"

namespace riposte {

std::uint32_t Schedule::Names::add(const std::string& name) {
    const auto [found, added] = numbers_.try_emplace(name, static_cast<std::uint32_t>(counts_.size()));
    if (added) counts_.push_back(0);
    ++counts_[found->second];
    return found->second;
}

std::size_t Schedule::Names::count(const std::string& name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? 0 : counts_[found->second];
}

std::vector<std::string> Schedule::Names::present() const {
    std::vector<std::string> names;
    for (const auto& [name, number] : numbers_) {
        if (counts_[number] > 0) names.push_back(name);
    }
    return names;
}

void Schedule::arm(const Ledger::Armed& armed) {
    remove(armed.id);
    Entry entry;
    entry.id = armed.id;
    entry.key = armed.key;
    entry.due = armed.due.boot;
    entry.failures = armed.failures;
    entry.command = commands_.add(armed.command);
    entry.executable = executables_.add(armed.executable);
    entry.retrying = armed.phase == Phase::Retrying;
    entry.apply_failed = armed.apply_failed;
    retrying_ += entry.retrying ? 1 : 0;
    entries_.insert(entry);
}

void Schedule::remove(ActionId id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    commands_.remove(found->command);
    executables_.remove(found->executable);
    retrying_ -= found->retrying ? 1 : 0;
    entries_.erase(found);
}

const Schedule::Entry* Schedule::find(ActionId id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &*found;
}

const Schedule::Entry* Schedule::find_key(const Key::Digest& key) const {
    const auto& by_key = entries_.get<1>();
    const auto found = by_key.find(key);
    return found == by_key.end() ? nullptr : &*found;
}

void Schedule::set_due(ActionId id, BootTime due) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    entries_.modify(found, [&](Entry& entry) { entry.due = due; });
}

void Schedule::set_retrying(ActionId id, BootTime due, int failures) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    retrying_ += found->retrying ? 0 : 1;
    entries_.modify(found, [&](Entry& entry) {
        entry.due = due;
        entry.failures = failures;
        entry.retrying = true;
        entry.taken = false;
    });
}

void Schedule::set_taken(ActionId id, bool taken) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    entries_.modify(found, [&](Entry& entry) { entry.taken = taken; });
}

std::optional<BootTime> Schedule::next_due() const {
    const auto& by_due = entries_.get<2>();
    if (by_due.empty() || by_due.begin()->taken) return std::nullopt;
    return by_due.begin()->due;
}

std::vector<ActionId> Schedule::take_due(BootTime now) {
    std::vector<ActionId> ids;
    const auto& by_due = entries_.get<2>();
    while (!by_due.empty() && !by_due.begin()->taken && by_due.begin()->due <= now) {
        ids.push_back(by_due.begin()->id);
        set_taken(ids.back(), true);
    }
    return ids;
}

std::size_t Schedule::of_command(const std::string& command) const {
    return commands_.count(command);
}

std::vector<ActionId> Schedule::ids() const {
    std::vector<ActionId> ids;
    ids.reserve(entries_.size());
    for (const Entry& entry : entries_) ids.push_back(entry.id);
    return ids;
}

std::vector<std::string> Schedule::executables() const {
    return executables_.present();
}

}  // namespace riposte
