// SPDX-License-Identifier: Apache-2.0
// The answer to every "#!-req" of a manager. Wazuh's API asks for the active response configuration before it sends a
// response, and sends none unless the answer says that responses are enabled. Pure.
// Sources: wazuh v4.14.7 src/os_execd/wcom.c (wcom_dispatch), src/client-agent/agcom.c, request.c, state.c,
// src/wazuh_modules/agent_upgrade/agent/wm_agent_upgrade_com.c; v5.0.0-beta4 src/wazuh_modules/src/wm_control.c.
#pragma once

#include "platform/include/clock.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// The facts that answers tell.
struct AgentReport {
    bool responses_disabled = false;
    std::vector<std::chrono::minutes> repeated_offenders;
    std::vector<std::string> ca_store;

    std::string server_address;
    std::uint16_t server_port = 1514;
    std::string protocol = "tcp";
    std::string crypto_method = "aes";
    std::chrono::seconds notify_time{20};
    std::chrono::seconds reconnect_time{60};

    std::string status = "connected";                  // "pending", "connected", "disconnected"
    std::optional<WallTime> last_keepalive, last_ack;  // nothing: never
    std::uint64_t messages_received = 0;
    std::uint64_t messages_sent = 0;
};

struct RequestAnswer {
    enum class FollowUp { None, Restart, Reload, LockRestart };
    std::string text;
    FollowUp follow_up = FollowUp::None;  // to be done, or logged, after the answer was sent
    std::chrono::seconds lock{0};         // LockRestart: for how long no restart is wanted, 0 to 3600
};

// Any bytes as target and command; the texts of the answers are bounded by the facts, never by the command.
RequestAnswer answer_request(std::string_view target, std::string_view command, const AgentReport& facts);

// The messages "#!-req COUNTER ANSWER" and, over UDP before that, "#!-req COUNTER ack".
std::string answer_message(std::string_view counter, std::string_view answer);
std::string answer_ack_message(std::string_view counter);

}  // namespace riposte
