// SPDX-License-Identifier: Apache-2.0
// Follows actions to their ends by their events.
#pragma once

#include "src/channel/control.h"

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace riposte {

class Watch : public std::enable_shared_from_this<Watch> {
  public:
    enum class Until {
        Decided,  // it is refused, or recorded and going to run
        Undone,   // reversed, or a try to do so failed
        Over,     // nothing of it is left to do
    };
    // Called with each event of the actions, and once for each action with the event that ended it. Both may destroy
    // the watch.
    using Each = std::function<void(const boost::json::object& event)>;
    using Ended = std::function<void(ActionId id, const boost::json::object& last)>;

    static std::shared_ptr<Watch> start(const ControlServer::Services& services, Until until, Each each, Ended ended);

    void add(ActionId id) { ids_.insert(id); }
    void remove(ActionId id) { ids_.erase(id); }
    // Events that come until add_from() are kept, since the action's id is not known before it has some.
    void collect() { collecting_ = true; }
    // Adds the action and takes the kept events that are its own.
    void add_from(ActionId id);

    Watch(const ControlServer::Services& services, Until until, Each each, Ended ended)
        : services_(services), until_(until), each_(std::move(each)), ended_(std::move(ended)) {}

  private:
    void take(const boost::json::object& event);
    void look_up(ActionId id, boost::json::object last);
    void end(ActionId id, const boost::json::object& last);

    const ControlServer::Services services_;
    const Until until_;
    Each each_;
    Ended ended_;
    std::set<ActionId> ids_;
    bool collecting_ = false;
    std::vector<boost::json::object> collected_;
    Events::Subscription subscription_;
};

}  // namespace riposte
