// SPDX-License-Identifier: Apache-2.0
#include "src/link/request_inbox.h"

#include <utility>

namespace riposte {
namespace {

constexpr std::chrono::milliseconds kRoomCheck{10};

}  // namespace

RequestInbox::RequestInbox(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, Core core,
                           std::chrono::milliseconds stale_after, std::function<void()> has_room,
                           std::function<void(const std::string&)> complain)
    : clock_(clock),
      store_(store),
      core_(std::move(core)),
      stale_after_(stale_after),
      has_room_(std::move(has_room)),
      complain_(std::move(complain)),
      timer_(loop) {}

void RequestInbox::start() {
    const Result<std::vector<KeptRequest>> left = store_.kept_requests();
    if (!left) return complain_(left.error().text());
    for (const KeptRequest& request : *left) {
        core_.is_recorded(request.id, alive_.guard([this, request](std::optional<bool> recorded) {
            if (!is_stopped_) take_left_behind(request, recorded);
        }));
    }
}

void RequestInbox::take_left_behind(const KeptRequest& request, std::optional<bool> recorded) {
    // Run twice would be worse than late: it stays for the next start.
    if (!recorded) return complain_("the ledger cannot tell whether it has the request " + std::to_string(request.id));
    if (*recorded) return forget(request.id);
    if (clock_.wall_time() - request.received > stale_after_) {
        complain_("the request " + std::to_string(request.id) +
                  " was received before Riposte was ended and is older than <stale_after>: it is not run");
        return forget(request.id);
    }
    take(request);
}

KeptRequest RequestInbox::number(std::string_view body) const {
    return {core_.reserve_id(), std::string(body), clock_.wall_time()};
}

bool RequestInbox::take(KeptRequest request) {
    if (is_stopped_) return true;
    waiting_bytes_ += request.body.size();
    waiting_.push_back(std::move(request));
    if (waiting_.size() == 1) hand_over();
    return waiting_bytes_ <= kMaxWaitingBytes;
}

void RequestInbox::hand_over() {
    while (!waiting_.empty()) {
        const ActionId id = waiting_.front().id;
        if (!core_.submit(waiting_.front(), alive_.guard([this, id] { forget(id); }))) break;
        waiting_bytes_ -= waiting_.front().body.size();
        waiting_.pop_front();
    }
    if (waiting_.empty()) return has_room_();
    alive_.after(timer_, kRoomCheck, [this] {
        if (!is_stopped_) hand_over();
    });
}

void RequestInbox::forget(ActionId id) {
    if (const Result<void> done = store_.forget_request(id); !done) complain_(done.error().text());
}

void RequestInbox::stop() {
    is_stopped_ = true;
    timer_.cancel();
}

}  // namespace riposte
