// SPDX-License-Identifier: Apache-2.0
// The lifetime token of an object that the loop calls later: a handler that comes after the object is gone does nothing.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace riposte {

// A member of that object.
class Alive {
  public:
    Alive() = default;
    Alive(const Alive&) = delete;
    Alive& operator=(const Alive&) = delete;

    template <class Handler>
    auto guard(Handler handler) const {
        return [token = std::weak_ptr<char>(token_), handler = std::move(handler)](auto&&... values) mutable {
            if (!token.expired()) handler(std::forward<decltype(values)>(values)...);
        };
    }

    // Calls `what` when the time is over, unless the timer is set anew or cancelled before.
    template <class What>
    void after(boost::asio::steady_timer& timer, std::chrono::milliseconds time, What what) const {
        timer.expires_after(time);
        timer.async_wait(guard([what = std::move(what)](const boost::system::error_code& error) mutable {
            if (!error) what();
        }));
    }

  private:
    std::shared_ptr<char> token_ = std::make_shared<char>();
};

}  // namespace riposte
