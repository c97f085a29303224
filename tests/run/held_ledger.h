// SPDX-License-Identifier: Apache-2.0
// A real ledger whose disk is as slow as a test wants: what is to be admitted while it is held is passed on at the
// release.
#pragma once

#include "src/ledger/ledger.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace riposte::testing {

class HeldLedger final : public Ledger {
  public:
    explicit HeldLedger(std::unique_ptr<Ledger> ledger) : ledger_(std::move(ledger)) {}

    void hold() { held_ = true; }
    void release() {
        held_ = false;
        for (auto& [action, done] : std::exchange(waiting_, {})) ledger_->admit(std::move(action), std::move(done));
    }

    void admit(Action action, Done done) override {
        if (held_) {
            waiting_.emplace_back(std::move(action), std::move(done));
        } else {
            ledger_->admit(std::move(action), std::move(done));
        }
    }

    Result<Recovered> recover(const std::function<void(Armed&&)>& each) override { return ledger_->recover(each); }
    ActionId next_id() override { return ledger_->next_id(); }
    void set_in_force(ActionId id, const Key& key, Due due) override { ledger_->set_in_force(id, key, due); }
    void finish_apply(ActionId id, const Outcome& outcome, Phase phase, Due due, Done done) override {
        ledger_->finish_apply(id, outcome, phase, due, std::move(done));
    }
    void set_due(ActionId id, Due due, Phase phase) override { ledger_->set_due(id, due, phase); }
    void finish_reverse(ActionId id, const Outcome& outcome, Phase phase, Due due, int failures, Done done) override {
        ledger_->finish_reverse(id, outcome, phase, due, failures, std::move(done));
    }
    void abandon(ActionId id) override { ledger_->abandon(id); }
    void refresh_wall_times() override { ledger_->refresh_wall_times(); }
    void count_offence(const Key& key, std::chrono::seconds forget_after,
                       std::function<void(std::int64_t)> done) override {
        ledger_->count_offence(key, forget_after, std::move(done));
    }
    void forget_offenders(std::optional<std::string> value, std::function<void(std::int64_t)> done) override {
        ledger_->forget_offenders(std::move(value), std::move(done));
    }
    void load(ActionId id, std::function<void(Result<Action>)> done) override { ledger_->load(id, std::move(done)); }
    void query(Query query, std::function<void(Result<std::vector<Action>>)> done) override {
        ledger_->query(std::move(query), std::move(done));
    }
    Health health() const override { return ledger_->health(); }
    bool is_writable() const override { return ledger_->is_writable(); }

  private:
    std::unique_ptr<Ledger> ledger_;
    bool held_ = false;
    std::vector<std::pair<Action, Done>> waiting_;
};

}  // namespace riposte::testing
