// SPDX-License-Identifier: Apache-2.0
// The link's persistent state: the counters of both directions, the requests that were received and are not in the
// ledger yet, the ids of the tasks that were taken, and the results that no manager has confirmed. SQLite, beside the
// ledger. Killing the process loses nothing. A crash of the machine may lose the last changes; begin() guards the
// counters of sent messages against that.
#pragma once

#include "platform/include/result.h"
#include "src/action/action.h"
#include "src/link/counters.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// A response that a manager has sent and that is not in the ledger yet.
struct KeptRequest {
    ActionId id = 0;   // under which the ledger will have it
    std::string body;  // as the manager sent it
    WallTime received;
};

// A result on its way to the manager.
struct OutgoingEvent {
    std::int64_t id = 0;   // rising
    std::string location;  // "active-response/riposte"
    std::string text;      // one line
};

class LinkStore {
  public:
    // Limits of the stored results and of the remembered task ids. Beyond them the oldest are deleted; add_event()
    // returns how many results were.
    static constexpr std::size_t kMaxEvents = 20'000;
    static constexpr std::size_t kMaxTasks = 100'000;

    // Creates the file if it is missing. One that is damaged is moved aside, and `set_aside` says where.
    static Result<std::unique_ptr<LinkStore>> open(const std::filesystem::path& file, std::string& set_aside);
    virtual ~LinkStore() = default;

    // ---- counters ----

    // Before the first take() of a run: counts on above all that may have been sent before, also by a run whose last
    // counters the disk never got. Without stored ones it counts from the time `now` (counters.h says why).
    virtual Result<void> begin(WallTime now) = 0;
    // The counters of the next message, stored before they are returned.
    virtual Result<CounterPair> take() = 0;
    // The replay check for messages from `manager` ("manager.example port 1514"); each manager has its own. A new one
    // if none is stored, or what is stored cannot be read.
    virtual Result<ReplayCheck> received(std::string_view manager) = 0;
    // In one step with the request that the message was, if it was one.
    virtual Result<void> remember_received(std::string_view manager, const ReplayCheck& check,
                                           const KeptRequest* request) = 0;
    // For managers that count from the start again, and for a new key.
    virtual Result<void> forget_received() = 0;

    // ---- tasks of a Wazuh 5 manager ----

    // True the first time, and then keeps the request that the task is, if it is one, in the same step; false for a
    // task that was taken before.
    virtual Result<bool> take_task(std::string_view id, const KeptRequest* request) = 0;

    // ---- requests ----

    // Those that were kept and not forgotten, oldest first.
    virtual Result<std::vector<KeptRequest>> kept_requests() = 0;
    virtual Result<void> forget_request(ActionId id) = 0;

    // ---- results ----

    // How many older ones had to go: 0 unless kMaxEvents wait.
    virtual Result<std::size_t> add_event(std::string_view location, std::string_view text) = 0;
    virtual Result<std::vector<OutgoingEvent>> events_after(std::int64_t id, std::size_t limit) = 0;
    virtual Result<void> remove_events_through(std::int64_t id) = 0;
    virtual std::size_t waiting_events() const = 0;
};

}  // namespace riposte
