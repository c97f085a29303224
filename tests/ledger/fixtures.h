// SPDX-License-Identifier: Apache-2.0
// A ledger as its tests open it: on a loop that runs until something holds.
#pragma once

#include "src/ledger/ledger.h"
#include "tests/support/clock.h"
#include "tests/support/files.h"
#include "tests/support/loop.h"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace riposte::testing {

using test::SetClock;
using test::TemporaryDirectory;

inline Due due_in(const Clock& clock, std::int64_t ms) {
    const std::chrono::milliseconds left(ms);
    return {clock.boot_time() + left, clock.wall_time() + left};
}

// A ledger on a loop that this thread runs.
class OpenLedger {
  public:
    OpenLedger(const std::filesystem::path& state, const SetClock& clock) : clock_(clock) {
        auto ledger = Ledger::open(loop, clock, state, opened);
        if (!ledger) FAIL(ledger.error().text());
        ledger_ = *std::move(ledger);
    }
    Ledger* operator->() { return ledger_.get(); }
    void close() { ledger_.reset(); }

    // Runs handlers until `holds`; it is a failure if that takes longer than test::kDeadline.
    void run_until(const std::function<bool()>& holds) { REQUIRE(test::run_until(loop, holds, test::kDeadline)); }
    // A call whose answer is waited for: ask([&](auto done) { ledger->load(1, done); }).
    template <class Answer>
    Answer ask(const std::function<void(std::function<void(Answer)>)>& call) {
        std::optional<Answer> answer;
        call([&](Answer given) { answer.emplace(std::move(given)); });
        run_until([&] { return answer.has_value(); });
        return *std::move(answer);
    }
    Result<void> admit(const Action& action) {
        return ask<Result<void>>([&](auto done) { ledger_->admit(action, done); });
    }
    Result<Action> load(ActionId id) {
        return ask<Result<Action>>([&](auto done) { ledger_->load(id, done); });
    }
    std::vector<ActionId> query(const Ledger::Query& query) {
        auto found = ask<Result<std::vector<Action>>>([&](auto done) { ledger_->query(query, done); });
        REQUIRE(found.has_value());
        std::vector<ActionId> ids;
        for (const Action& action : *found) ids.push_back(action.id);
        return ids;
    }
    std::int64_t offence(const Key& key, std::chrono::seconds forget_after) {
        return ask<std::int64_t>([&](auto done) { ledger_->count_offence(key, forget_after, done); });
    }
    // Everything asked for so far was carried out.
    void settle() { static_cast<void>(load(0)); }

    std::map<ActionId, Ledger::Armed> armed;
    Ledger::Recovered recover() {
        armed.clear();
        auto recovered = ledger_->recover([this](Ledger::Armed&& one) { armed.emplace(one.id, std::move(one)); });
        REQUIRE(recovered.has_value());
        return *std::move(recovered);
    }

    // An action of this moment, about 203.0.113.N.
    Action action(int n, std::int64_t timeout_ms = 600'000) {
        Action made;
        made.id = ledger_->next_id();
        made.name = "firewall-drop600";
        made.command = "firewall-drop";
        made.executable = "firewall-drop";
        made.channel = "execq";
        made.srcip = "203.0.113." + std::to_string(n);
        made.rule_id = "5712";
        made.alert_id = "1767322984." + std::to_string(n);
        made.input.dialect = Dialect::Wazuh4;
        made.input.document =
            R"({"version":1,"command":"","parameters":{"alert":{"data":{"srcip":")" + made.srcip + R"("}}}})";
        made.key = {made.executable, Key::Kind::Alert, {made.srcip}};
        made.timeout = std::chrono::milliseconds(timeout_ms);
        made.deadline = std::chrono::minutes(1);
        made.received_wall = clock_.wall_time();
        made.received_boot = clock_.boot_time();
        return made;
    }
    // Admitted, in force and applied.
    ActionId arm(int n, std::int64_t timeout_ms = 600'000) {
        const Action made = action(n, timeout_ms);
        REQUIRE(admit(made).has_value());
        ledger_->set_in_force(made.id, {made.executable, Key::Kind::Named, {made.srcip}}, due_in(clock_, timeout_ms));
        ledger_->finish_apply(made.id, {}, Phase::InForce, due_in(clock_, timeout_ms));
        return made.id;
    }

    boost::asio::io_context loop;
    Ledger::Opened opened;

  private:
    const SetClock& clock_;
    std::unique_ptr<Ledger> ledger_;
};

// A query in which some members are set.
template <class Set>
Ledger::Query where(const Set& set) {
    Ledger::Query query;
    set(query);
    return query;
}

}  // namespace riposte::testing
