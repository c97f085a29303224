// SPDX-License-Identifier: Apache-2.0
// Requests on their way from the link to the core. A manager sends each once, so none may be lost: it is in the store
// before anything else happens to it, waits here while the core has no room, and leaves the store when the ledger has
// it. Loop thread.
#pragma once

#include "platform/include/clock.h"
#include "src/alive.h"
#include "src/link/store.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

class RequestInbox {
  public:
    // The total size of the waiting requests' bodies, in bytes, above which take() returns false (backpressure): the
    // session stops reading, and the manager has to wait.
    static constexpr std::size_t kMaxWaitingBytes = 33'554'432;

    // The core's side.
    struct Core {
        std::function<ActionId()> reserve_id;
        // False: there is no room now. `settled` is called when the ledger has the request, or it was refused.
        std::function<bool(const KeptRequest& request, std::function<void()> settled)> submit;
        // Whether the ledger has an action of that id; nothing if it cannot be read.
        std::function<void(ActionId id, std::function<void(std::optional<bool>)> done)> is_recorded;
    };
    RequestInbox(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, Core core,
                 std::chrono::milliseconds stale_after, std::function<void()> has_room,
                 std::function<void(const std::string&)> complain);

    // Takes up what an earlier run has left: what the ledger does not have is run, or, older than `stale_after`,
    // refused with a complaint.
    void start();
    KeptRequest number(std::string_view body) const;
    // `request` must be in the store. It is taken in any case. False: kMaxWaitingBytes is exceeded, so the caller takes
    // no more until `has_room` is called, which happens when no request waits.
    bool take(KeptRequest request);
    // No request is handed over from then on. The waiting ones stay in the store for the next run.
    void stop();

  private:
    void take_left_behind(const KeptRequest& request, std::optional<bool> recorded);
    void hand_over();
    void forget(ActionId id);

    const Clock& clock_;
    LinkStore& store_;
    const Core core_;
    const std::chrono::milliseconds stale_after_;
    const std::function<void()> has_room_;
    const std::function<void(const std::string&)> complain_;
    boost::asio::steady_timer timer_;
    std::deque<KeptRequest> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool is_stopped_ = false;
    Alive alive_;
};

}  // namespace riposte
