// SPDX-License-Identifier: Apache-2.0
// How an agent asks a manager for its key: the classic exchange (port 1515, TLS) and Wazuh 5's over HTTPS. Text only.
// Sources: wazuh v4.14.7 src/shared/enrollment_op.c, src/os_auth/auth.c (w_auth_parse_data), main-server.c; ossec-hids
// src/os_auth/auth_conn.c; wazuh branch 5.0.0 src/client-agent/https_client/src/enrollSigner.cpp.
#pragma once

#include "platform/include/result.h"
#include "src/link/agent_key.h"
#include "src/link/secret.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// Of an answer; whoever reads it need not read more.
inline constexpr std::size_t kMaxEnrolAnswerBytes = 65'536;

struct EnrolRequest {
    std::string name;
    Secret password;                  // empty: none
    std::string version;              // "v4.14.7"; empty: not told
    std::vector<std::string> groups;  // each must exist on the manager
    std::string ip;                   // "src", an address or a network; empty: not told
    std::string key_hash;             // agent_key_hash() of the key in hand; empty: there is none
};

// The classic request with its LF, to be sent in one write; fits OSSEC too, which reads the name only. Error: a member
// breaks the rules of its field (a name that is not valid, a quote or a line end inside, over 4096 bytes in all).
Result<Secret> enrol_message(const EnrolRequest& request);
// All that came until the manager closed. Error: the manager's reason ("ERROR: Duplicate agent name: web01 ..."), an
// answer of no known form, or none at all, which is how OSSEC answers a wrong password.
Result<AgentKey> read_enrol_answer(std::string_view answer);

// The body of POST /enroll. The password is not in it (see enrol_authorization()).
Result<std::string> enrol_body(const EnrolRequest& request);
// The answer with its HTTP status. Error: the manager's code and message.
Result<AgentKey> read_enrol_body(int status, std::string_view body);

}  // namespace riposte
