// SPDX-License-Identifier: Apache-2.0
// The operator's channel: JSON lines, one request after the other on each connection.
//
// A request is {"op":"...", ...}. Its answer is any number of lines {"row":{...}} and {"event":{...}}, then one
// {"done":{...}} or {"error":{"reason":"...","text":"..."}}. The operations and their members:
//
// - submit: message or messages[], follow. Answers when it is decided whether they run; following, when all is over.
// - pending: target, command, id, limit, after_id. A row for each action in force, oldest first.
// - history: the same, since_wall_ms, follow. Newest first; following, then {"following":{}} and all events from then
//   on.
// - undo: ids[] or target or command or all:true, follow.
// - extend: id or target, by_ms.
// - abandon: id.
// - forget: value (a repeat offender; none: all of them).
// - commands, status, reload: nothing.
//
// Where a limit cut a list of rows, "done" has the "next" to pass as after_id: who reads page by page is never behind.
// Times are milliseconds; members that end in _wall_ms count from the Unix epoch.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/endpoint.h"
#include "platform/include/event_loop.h"
#include "src/ledger/ledger.h"
#include "src/log/events.h"
#include "src/run/engine.h"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>

namespace riposte {

class ControlSession;

class ControlServer {
  public:
    struct Services {
        boost::asio::io_context& loop;
        const Clock& clock;
        Engine& engine;
        Ledger& ledger;
        Events& events;
        // The service's own part of `status`: version, process id, directories, counters.
        std::function<boost::json::object()> facts;
        // Reloads the configuration.
        std::function<event::ConfigReloaded()> reload;
    };
    static constexpr std::size_t kMaxConnections = 64;

    explicit ControlServer(Services services) : services_(std::move(services)) {}
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    // One connection too many is told so and closed.
    void accept(std::shared_ptr<ControlConnection> connection);
    // Ends all connections, once what was sent on them is written.
    void close();

    const Services& services() const { return services_; }
    void forget(const std::shared_ptr<ControlSession>& session) { sessions_.erase(session); }

  private:
    Services services_;
    std::set<std::shared_ptr<ControlSession>> sessions_;
    bool closed_ = false;
};

}  // namespace riposte
