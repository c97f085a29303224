// SPDX-License-Identifier: Apache-2.0
// The calls that wait for the ledger's thread.
#pragma once

#include "src/ledger/ledger.h"
#include "src/ledger/store.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace riposte {

struct AdmitWrite {
    std::unique_ptr<Action> action;
    Ledger::Done done;
};
struct InForceWrite {
    ActionId id;
    Key key;
    Due due;
};
struct FinishApplyWrite {
    ActionId id;
    std::unique_ptr<Outcome> outcome;
    Phase phase;
    Due due;
    Ledger::Done done;
};
struct DueWrite {
    ActionId id;
    Due due;
    Phase phase;
};
struct FinishReverseWrite {
    ActionId id;
    std::unique_ptr<Outcome> outcome;
    Phase phase;
    Due due;
    int failures;
    Ledger::Done done;
};
struct AbandonWrite {
    ActionId id;
};
struct RefreshWrite {};
struct ReserveWrite {
    ActionId next;
};
struct OffenceWrite {
    Key key;
    std::chrono::seconds forget_after;
    std::function<void(std::int64_t)> done;
    std::int64_t count = 0;
};
struct ForgetWrite {
    std::optional<std::string> value;
    std::function<void(std::int64_t)> done;
    std::int64_t count = 0;
};
struct LoadRead {
    ActionId id;
    std::function<void(Result<Action>)> done;
};
struct QueryRead {
    QueryProgress progress;
    std::function<void(Result<std::vector<Action>>)> done;
};

// One call of the ledger, with when it was made.
struct LedgerCall {
    using What = std::variant<AdmitWrite, InForceWrite, FinishApplyWrite, DueWrite, FinishReverseWrite, AbandonWrite,
                              RefreshWrite, ReserveWrite, OffenceWrite, ForgetWrite, LoadRead, QueryRead>;
    using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;
    What what;
    Moment asked;
    std::shared_ptr<Guard> guard;  // the loop waits for the answer
    std::optional<Error> refused;  // this write alone cannot be carried out

    bool is_read() const { return std::holds_alternative<LoadRead>(what) || std::holds_alternative<QueryRead>(what); }
    bool is_admission() const { return std::holds_alternative<AdmitWrite>(what); }
    // Part of a commit that is synced.
    bool is_durable() const;
    // Nothing is held up if it is carried out a little later, together with others.
    bool may_gather() const {
        return std::holds_alternative<FinishApplyWrite>(what) || std::holds_alternative<FinishReverseWrite>(what);
    }
    // Ends an action or a request for one: history may be pruned after it.
    bool finishes() const;
    void apply(Store& store);
};

// The answer to a write that was carried out, as a call to make on the loop; empty if nobody asked for one.
std::function<void()> answer(LedgerCall&& call);
// The same for one that failed.
std::function<void()> answer(LedgerCall&& call, const Error& error);

}  // namespace riposte
