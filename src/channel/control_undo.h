// SPDX-License-Identifier: Apache-2.0
// The operation `undo`: any number of actions, a bounded number of them at a time.
#pragma once

#include "src/channel/control_session.h"
#include "src/channel/watch.h"

#include <boost/json/array.hpp>

#include <deque>
#include <memory>
#include <set>

namespace riposte {

class UndoOperation : public std::enable_shared_from_this<UndoOperation> {
  public:
    struct What {
        std::vector<ActionId> ids;  // if empty, what the query finds
        Ledger::Query query;
        bool follow = false;
    };
    UndoOperation(const std::shared_ptr<ControlSession>& session, What what);
    void start();

  private:
    // Nothing once the connection has ended.
    std::shared_ptr<ControlSession> session() const;
    static constexpr std::size_t kMaxUnderWay = 256;
    static constexpr std::size_t kMaxProblems = 100;

    void go_on();
    void undo(ActionId id);
    void next_page();
    void ended(const Event& last);
    void finish();

    std::weak_ptr<ControlSession> session_;
    What what_;
    std::deque<ActionId> ids_;
    std::set<ActionId> under_way_;
    std::shared_ptr<Watch> watch_;
    bool all_found_ = false;
    bool asking_ = false;
    bool going_on_ = false;
    std::size_t asked_ = 0, reversed_ = 0, failed_ = 0, dropped_ = 0, not_found_ = 0;
    boost::json::array problems_;
};

}  // namespace riposte
