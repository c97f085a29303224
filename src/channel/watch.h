// SPDX-License-Identifier: Apache-2.0
// Follows actions to their ends by their events.
#pragma once

#include "src/channel/control.h"

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
    using Each = std::function<void(const Event& event)>;
    using Ended = std::function<void(const Event& last)>;

    static std::shared_ptr<Watch> start(const ControlServer::Services& services, Until until, Each each, Ended ended);

    void add(ActionId id) { ids_.insert(id); }
    void remove(ActionId id) { ids_.erase(id); }
    bool is_over() const { return ids_.empty(); }
    // Submits a request and follows its action. A submission emits events before its id is known; they are kept until
    // then. A refused one is not followed: the verdict says all.
    Engine::Verdict submit(const Incoming& request);

    Watch(const ControlServer::Services& services, Until until, Each each, Ended ended)
        : services_(services), until_(until), each_(std::move(each)), ended_(std::move(ended)) {}

  private:
    void take(const Event& event);
    void look_up(const Event& last);
    void end(const Event& last);

    const ControlServer::Services services_;
    const Until until_;
    Each each_;
    Ended ended_;
    std::set<ActionId> ids_;
    bool collecting_ = false;
    std::vector<Event> collected_;
    Events::Subscription subscription_;
};

}  // namespace riposte
