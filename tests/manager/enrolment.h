// SPDX-License-Identifier: Apache-2.0
// Enrolment: the request's grammar, and the manager's decision whether the agent gets a key. Serves both ways to enrol,
// the classic port and HTTPS (Wazuh src/os_auth/auth.c, OSSEC src/os_auth/auth_conn.c).
#pragma once

#include "tests/manager/core.h"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace riposte::simulator {

inline constexpr std::size_t kLargestWazuhEnrolment = 65536 + 4096;
inline constexpr std::size_t kLargestOssecEnrolment = 4096;

struct EnrolmentRequest {
    std::string name;
    std::string version;
    std::string groups;
    std::string ip;
    std::string key_hash;
};

// The key, or a reason in the manager's own words. Adds the agent.
struct Decision {
    std::optional<KeyEntry> key;
    std::string reason;
};
Decision decide_enrolment(Core& core, const EnrolmentRequest& request, const boost::asio::ip::address& source);

// Classic enrolment: all the bytes that are sent back; none at all is OSSEC's way to refuse a password.
std::string answer_enrolment(Core& core, std::string_view text, const boost::asio::ip::address& source);

// 2 to 128 characters out of A-Z a-z 0-9 - _ . and no dot in front.
bool is_agent_name(std::string_view name);

}  // namespace riposte::simulator
