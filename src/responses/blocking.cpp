// SPDX-License-Identifier: Apache-2.0
#include "src/responses/blocking.h"

#include "src/responses/address_target.h"
#include "src/responses/connections.h"

#include <utility>

namespace riposte {
namespace {

constexpr std::chrono::seconds kSafetyMargin = std::chrono::hours(24);

// Calls `act` for one after the other until it gives a value; an Error other than not_supported ends it too. If none is
// available, the reasons of all.
template <class Act>
auto first_available(const Blockers& blockers, Act act) -> Answer<std::decay_t<decltype(*act(*blockers.front()))>> {
    std::string reasons;
    for (const auto& blocker : blockers) {
        auto result = act(*blocker);
        if (result) return std::move(*result);
        if (!is_unavailable(result.error())) return failed(result.error());
        reasons += (reasons.empty() ? "" : "; ") + result.error().what;
    }
    return not_available(reasons);
}

Answer<void> add(const Blockers& blockers, const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    const auto done = first_available(blockers, [&](AddressBlocker& blocker) -> Result<bool> {
        const auto blocked = blocker.block(network->text(), safety_timeout(task.request));
        if (!blocked) return blocked.error();
        return true;
    });
    if (!done) return done.error();
    return end_connections_if_asked(task, network->text());
}

Answer<void> reverse(const Blockers& blockers, const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    bool any_available = false;
    std::string reasons;
    for (const auto& blocker : blockers) {
        const auto undone = blocker->unblock(network->text());
        if (undone && *undone) return {};
        if (!undone && !is_unavailable(undone.error())) return failed(undone.error());
        any_available = any_available || undone;
        if (!undone) reasons += (reasons.empty() ? "" : "; ") + undone.error().what;
    }
    if (!any_available) return not_available(reasons);
    return {};
}

}  // namespace

std::chrono::seconds safety_timeout(const Request& request) {
    return request.timeout.count() == 0 ? request.timeout : request.timeout + kSafetyMargin;
}

bool is_unavailable(const Error& error) {
    return error.code == std::errc::not_supported;
}

Answer<std::vector<bool>> blocked_by_any(const Blockers& blockers, const std::vector<std::string>& targets) {
    const auto networks = parse_targets(targets);
    if (!networks) return networks.error();
    std::vector<bool> result(targets.size(), false);
    bool any_available = false;
    std::string reasons;
    for (const auto& blocker : blockers) {
        std::vector<std::string> open;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < result.size(); ++i) {
            if (result[i]) continue;
            open.push_back((*networks)[i].text());
            places.push_back(i);
        }
        if (open.empty()) break;
        const auto blocked = blocker->blocked(open);
        if (!blocked && !is_unavailable(blocked.error())) return failed(blocked.error());
        any_available = any_available || blocked;
        if (!blocked) reasons += (reasons.empty() ? "" : "; ") + blocked.error().what;
        for (std::size_t i = 0; blocked && i < places.size(); ++i) result[places[i]] = (*blocked)[i];
    }
    if (!any_available) return not_available(reasons);
    return result;
}

Answer<std::string> check_first(const Blockers& blockers) {
    return first_available(blockers, [](AddressBlocker& blocker) { return blocker.check(); });
}

void block_with(Response& response, const std::function<Answer<Blockers>(const Settings&)>& make_blockers) {
    response.options.push_back(kKillSessions);
    response.keys = address_keys;
    response.add = [make_blockers](const Task& task) -> Answer<void> {
        const auto blockers = make_blockers(task.settings);
        return blockers ? add(*blockers, task) : blockers.error();
    };
    response.reverse = [make_blockers](const Task& task) -> Answer<void> {
        const auto blockers = make_blockers(task.settings);
        return blockers ? reverse(*blockers, task) : blockers.error();
    };
    response.status = [make_blockers](const Task& task,
                                      const std::vector<std::string>& targets) -> Answer<std::vector<bool>> {
        const auto blockers = make_blockers(task.settings);
        return blockers ? blocked_by_any(*blockers, targets) : blockers.error();
    };
    response.check = [make_blockers](const Task& task) -> Answer<std::string> {
        const auto blockers = make_blockers(task.settings);
        return blockers ? check_first(*blockers) : blockers.error();
    };
}

}  // namespace riposte
