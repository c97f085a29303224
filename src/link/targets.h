// SPDX-License-Identifier: Apache-2.0
// Which ways to a manager there are, in what order they are tried, and what the last try taught. Pure.
#pragma once

#include "src/config/config.h"
#include "src/link/session.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace riposte {

enum class Carrier { Tcp, Udp, Https };
std::string_view carrier_name(Carrier carrier);  // "tcp", "udp", "https"

struct Target {
    std::string host;
    std::uint16_t port = 0;
    Carrier carrier = Carrier::Tcp;
    std::string text() const;  // "m.example port 1514/tcp"
};

// Every way that the settings allow: the servers in their order, each with the carriers that its <protocol> or, where
// there is none, the manager's kind allows. Wazuh 5 is asked over HTTPS first, where alone some of its versions hand
// out responses.
std::vector<Target> make_targets(const ManagerSettings& settings);

// The agent version to claim, the manager's kind and its cipher, for one target. Those that the settings leave open are
// found out by trying.
class ProtocolGuess {
  public:
    ProtocolGuess(const ManagerSettings& settings, Carrier carrier);

    SessionOptions plan(const Target& target, const ManagerSettings& settings) const;
    // Learns from a session's end. True: try the same target again at once, in another way.
    bool learn(const SessionEnd& end);
    // Learns from a session that came up whether the manager is OSSEC's or Wazuh's.
    void settle(ManagerKind kind);

  private:
    const std::string kind_, crypto_method_;
    const Carrier carrier_;
    std::size_t version_ = 0;
    bool find_out_ = false;
    bool is_ossec_ = false;
    bool blowfish_ = false;
};

}  // namespace riposte
