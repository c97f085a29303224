// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/peer.h"

#include <algorithm>

namespace riposte::simulator {

void Peer::send(std::string block) {
    if (faults_.silent) return;
    const auto now = std::chrono::steady_clock::now();
    if (faults_.delay.count() == 0 && last_due_ < now) return write(std::move(block));
    // Later, and after what is already late.
    last_due_ = std::max(now + faults_.delay, last_due_ + std::chrono::microseconds(1));
    const auto timer = std::make_shared<boost::asio::steady_timer>(executor(), last_due_);
    timer->async_wait(
        [self = shared_from_this(), timer, late = std::move(block)](const boost::system::error_code& error) mutable {
            if (!error) self->write(std::move(late));
        });
}

}  // namespace riposte::simulator
