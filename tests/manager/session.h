// SPDX-License-Identifier: Apache-2.0
// Whose message it is, whether it counts, and what is answered: the manager's remoted.
#pragma once

#include "tests/manager/file_push.h"
#include "tests/manager/requests.h"
#include "tests/manager/sender.h"

#include <memory>
#include <string>
#include <string_view>

namespace riposte::simulator {

class Session {
  public:
    Session(Core& core, Sender& sender, FilePush& files, Requests& requests)
        : core_(core), sender_(sender), files_(files), requests_(requests) {}

    void on_block(const std::shared_ptr<Peer>& peer, std::string_view block);
    void on_closed(const std::shared_ptr<Peer>& peer);

  private:
    Agent* owner_of(std::string_view& block, const Peer& peer);
    bool is_new(Agent& agent, Counter counter);
    bool takes_over(Agent& agent, const std::shared_ptr<Peer>& peer);
    void on_payload(Agent& agent, std::string_view payload);
    void on_control(Agent& agent, std::string_view text);
    void on_startup(Agent& agent, std::string_view text);
    void on_shutdown(Agent& agent);
    void on_keepalive(Agent& agent, std::string_view text);
    void on_event(Agent& agent, std::string_view payload);
    void answer(Agent& agent, const std::string& payload);
    std::string startup_ack(const std::string& agent_version) const;

    Core& core_;
    Sender& sender_;
    FilePush& files_;
    Requests& requests_;
};

}  // namespace riposte::simulator
