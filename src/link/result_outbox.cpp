// SPDX-License-Identifier: Apache-2.0
#include "src/link/result_outbox.h"

#include "src/log/log.h"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace riposte {
namespace {

// At a time. Datagrams have no flow control: they go in small groups.
constexpr std::size_t kStreamed = 64;
constexpr std::size_t kDatagrams = 16;
constexpr std::chrono::milliseconds kBetweenStreamed{20};
constexpr std::chrono::milliseconds kBetweenDatagrams{50};

}  // namespace

ResultOutbox::ResultOutbox(boost::asio::io_context& loop, LinkStore& store,
                           std::function<void(const std::string&)> complain)
    : store_(store), complain_(std::move(complain)), timer_(loop) {}

void ResultOutbox::keep(std::string_view location, const std::string& text) {
    const Result<std::size_t> dropped = store_.add_event(location, text);
    if (!dropped) return complain_(dropped.error().text());
    if (*dropped > 0 && lost_ == 0) {
        log().error("more than " + std::to_string(LinkStore::kMaxEvents) +
                    " results wait for the manager: the oldest are given up");
    }
    lost_ += *dropped;
    if (!is_sending_) send();
}

void ResultOutbox::begin(ManagerSession& session) {
    session_ = &session;
    last_sent_ = 0;
    send();
}

void ResultOutbox::end() {
    session_ = nullptr;
    is_sending_ = false;
    timer_.cancel();
}

void ResultOutbox::send() {
    is_sending_ = false;
    if (session_ == nullptr || !session_->is_up()) return;
    const bool is_udp = session_->plan().udp;
    const Result<std::vector<OutgoingEvent>> events = store_.events_after(last_sent_, is_udp ? kDatagrams : kStreamed);
    if (!events) return complain_(events.error().text());
    for (const OutgoingEvent& event : *events) {
        if (!session_->send_event(event)) break;
        last_sent_ = event.id;
    }
    // After a group the timer runs, so results that are kept meanwhile go out together. When there was none to send, no
    // timer runs, and keep() sends the next result at once.
    if (events->empty()) return;
    is_sending_ = true;
    alive_.after(timer_, is_udp ? kBetweenDatagrams : kBetweenStreamed, [this] { send(); });
}

void ResultOutbox::confirmed(std::int64_t event_id) {
    if (const Result<void> removed = store_.remove_events_through(event_id); !removed) {
        complain_(removed.error().text());
    }
}

}  // namespace riposte
