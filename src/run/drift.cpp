// SPDX-License-Identifier: Apache-2.0
#include "src/run/drift.h"

#include "src/request/response_marker.h"

#include <set>
#include <sstream>
#include <utility>

namespace riposte {

namespace {

// Limits of one question. Windows has the shortest command lines: 32,767 characters.
constexpr std::size_t kMostTargets = 500;
constexpr std::size_t kMostBytes = 24'000;
constexpr std::size_t kBytesAround = 3;  // a space and two quotes
constexpr std::size_t kLongestTarget = 8'000;

bool can_be_asked(const Action& action) {
    return action.phase == Phase::InForce && action.apply_finished && action.key.kind == Key::Kind::Named &&
           action.key.values.size() == 1 && action.key.values[0].size() <= kLongestTarget &&
           action.key.values[0].find_first_of("\r\n") == std::string::npos;
}

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        lines.insert(line);
    }
    return lines;
}

}  // namespace

DriftCheck::DriftCheck(Services services)
    : services_(std::move(services)), timer_(services_.spawner.loop(), services_.clock) {}

void DriftCheck::set_interval(std::chrono::seconds interval) {
    interval_ = interval;
    timer_.cancel();
    timer_set_ = false;
    if (services_.schedule.size() > 0) in_force();
}

void DriftCheck::in_force() {
    if (timer_set_ || checking_ || stopped_ || interval_.count() == 0) return;
    timer_set_ = true;
    timer_.wait_until(services_.clock.boot_time() + interval_, [this] {
        timer_set_ = false;
        check_now();
    });
}

void DriftCheck::check_now() {
    if (checking_ || stopped_ || interval_.count() == 0) return;
    for (const std::string& executable : services_.schedule.executables()) {
        if (services_.askable(executable)) executables_.push_back(executable);
    }
    checking_ = true;
    next_executable();
}

void DriftCheck::stop() {
    stopped_ = true;
    timer_.cancel();
    executables_.clear();
    probe_.reset();
}

void DriftCheck::next_executable() {
    if (executables_.empty()) return finish();
    next_page(0);
}

void DriftCheck::next_page(ActionId after) {
    Ledger::Query query;
    query.pending_only = true;
    query.command = executables_.front();
    query.after_id = after;
    query.limit = static_cast<int>(kMostTargets);
    services_.ledger.query(query, alive_.guard([this](Result<std::vector<Action>> page) {
        if (stopped_) return;
        // The ledger says itself what is wrong with it; the next check tries again.
        if (page && !page->empty()) return ask(*page);
        executables_.pop_front();
        next_executable();
    }));
}

void DriftCheck::ask(const std::vector<Action>& page) {
    std::map<std::string, ActionId> asked;
    std::vector<std::string> arguments{"--status"};
    std::size_t bytes = 0;
    ActionId last = 0;
    for (const Action& action : page) {
        const Schedule::Entry* entry = services_.schedule.find(action.id);
        const bool is_meant = entry && !entry->taken && action.executable == executables_.front();
        if (is_meant && can_be_asked(action)) {
            const std::string& target = action.key.values[0];
            bytes += target.size() + kBytesAround;
            if (bytes > kMostBytes) break;
            if (asked.emplace(target, action.id).second) arguments.push_back(target);
        }
        last = action.id;
    }
    if (asked.empty()) return next_page(last);
    probe_ =
        Probe::ask(services_.spawner, services_.home, executables_.front(), std::move(arguments),
                   [this, asked = std::move(asked), last](const Outcome& outcome) { on_answer(asked, last, outcome); });
}

void DriftCheck::on_answer(const std::map<std::string, ActionId>& asked, ActionId last, const Outcome& outcome) {
    const bool says_which = outcome.kind == Outcome::Kind::Failed && outcome.exit_code == kNotInForce;
    if (says_which) {
        const std::set<std::string> missing = lines_of(outcome.output);
        for (const auto& [target, id] : asked) {
            const Schedule::Entry* entry = services_.schedule.find(id);
            if (missing.contains(target) && entry && !entry->taken) services_.found(id);
        }
    } else if (outcome.kind != Outcome::Kind::Success) {
        services_.failed("cannot ask " + executables_.front() + " what is in force: " + describe(outcome));
        executables_.pop_front();
        return next_executable();
    }
    next_page(last);
}

void DriftCheck::finish() {
    checking_ = false;
    if (services_.schedule.size() > 0) in_force();
}

}  // namespace riposte
