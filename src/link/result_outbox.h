// SPDX-License-Identifier: Apache-2.0
// Results on their way to the manager: in the store until it has confirmed them. Loop thread.
#pragma once

#include "src/alive.h"
#include "src/link/session.h"
#include "src/link/store.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace riposte {

class ResultOutbox {
  public:
    ResultOutbox(boost::asio::io_context& loop, LinkStore& store, std::function<void(const std::string&)> complain);

    void keep(std::string_view location, const std::string& text);
    // The session that is up takes them, those first that no manager has confirmed. It lives until end() is called.
    void begin(ManagerSession& session);
    void end();
    // Those up to this one have reached the manager.
    void confirmed(std::int64_t event_id);

    // That were given up because too many waited.
    std::uint64_t lost() const { return lost_; }

  private:
    void send();

    LinkStore& store_;
    const std::function<void(const std::string&)> complain_;
    boost::asio::steady_timer timer_;
    ManagerSession* session_ = nullptr;
    std::int64_t last_sent_ = 0;
    bool is_sending_ = false;  // the timer goes on with it
    std::uint64_t lost_ = 0;
    Alive alive_;
};

}  // namespace riposte
