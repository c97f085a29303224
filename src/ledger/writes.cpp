// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/writes.h"

#include <type_traits>
#include <utility>

namespace riposte {

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

bool ends(Phase phase) {
    return phase == Phase::Closed || phase == Phase::Abandoned;
}

}  // namespace

bool LedgerCall::is_durable() const {
    return std::visit(Overloaded{[](const AdmitWrite&) { return true; }, [](const DueWrite&) { return true; },
                                 [](const AbandonWrite&) { return true; }, [](const RefreshWrite&) { return true; },
                                 [](const ReserveWrite&) { return true; }, [](const ForgetWrite&) { return true; },
                                 [](const auto&) { return false; }},
                      what);
}

bool LedgerCall::finishes() const {
    return std::visit(Overloaded{[](const FinishApplyWrite& write) { return ends(write.phase); },
                                 [](const FinishReverseWrite& write) { return ends(write.phase); },
                                 [](const AbandonWrite&) { return true; }, [](const auto&) { return false; }},
                      what);
}

void LedgerCall::apply(Store& store) {
    std::visit(
        Overloaded{
            [&](AdmitWrite& write) { store.admit(*write.action); },
            [&](InForceWrite& write) { store.set_in_force(write.id, write.key, write.due, asked); },
            [&](FinishApplyWrite& write) {
                store.finish_apply(write.id, *write.outcome, write.phase, write.due, asked);
            },
            [&](DueWrite& write) { store.set_due(write.id, write.due, write.phase, asked); },
            [&](FinishReverseWrite& write) {
                store.finish_reverse(write.id, *write.outcome, write.phase, write.due, write.failures, asked);
            },
            [&](AbandonWrite& write) { store.abandon(write.id, asked); },
            [&](RefreshWrite&) { store.refresh_wall_times(asked); },
            [&](ReserveWrite& write) { store.reserve_ids(write.next); },
            [&](OffenceWrite& write) { write.count = store.count_offence(write.key, write.forget_after, asked); },
            [&](ForgetWrite& write) { write.count = store.forget_offenders(write.value); }, [](LoadRead&) {},
            [](QueryRead&) {}},
        what);
}

std::function<void()> answer(LedgerCall&& call) {
    return std::visit(
        [](auto& write) -> std::function<void()> {
            using Write = std::remove_reference_t<decltype(write)>;
            if constexpr (requires { write.count; }) {
                if (write.done) return [done = std::move(write.done), count = write.count] { done(count); };
            } else if constexpr (requires { write.done; } && !std::is_same_v<Write, LoadRead> &&
                                 !std::is_same_v<Write, QueryRead>) {
                if (write.done) return [done = std::move(write.done)] { done({}); };
            }
            return {};
        },
        call.what);
}

std::function<void()> answer(LedgerCall&& call, const Error& error) {
    return std::visit(
        [&error](auto& write) -> std::function<void()> {
            if constexpr (requires { write.count; }) {
                if (write.done) return [done = std::move(write.done), count = write.count] { done(count); };
            } else if constexpr (requires { write.done; }) {
                if (write.done) return [done = std::move(write.done), error] { done(error); };
            }
            return {};
        },
        call.what);
}

}  // namespace riposte
