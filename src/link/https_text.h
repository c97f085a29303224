// SPDX-License-Identifier: Apache-2.0
// Wazuh 5's HTTPS channel: how requests are signed, what they say, and what the answers hold. Text only.
// Sources: wazuh branch 5.0.0 src/remoted_module/src/auth/authMiddleware.cpp, control/controlHandler.cpp,
// src/client-agent/https_client/src/cmacSigner.cpp, canonicalRequest.hpp, enrollSigner.cpp, controlStream.cpp.
#pragma once

#include "platform/include/result.h"
#include "src/link/agent_key.h"
#include "src/link/secret.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

inline constexpr std::string_view kHttpsProtocolVersion = "1";  // header protocol-version
inline constexpr std::size_t kMaxHttpsAnswerBytes = 4'194'304;  // more is not read
inline constexpr std::size_t kMaxTasks = 4'096;                 // in one answer
inline constexpr std::size_t kMaxTaskIdBytes = 256;

// The value of the header Authorization. Error: the agent's key is no hex of 16, 24 or 32 bytes, and so of no use here.
struct SignedRequest {
    std::string_view method = "POST";
    std::string_view target;  // "/control"
    std::string_view body;
    std::int64_t unix_seconds = 0;  // accepted: 300 s behind the manager's clock to 30 s ahead
};
Result<std::string> authorization(const AgentKey& key, const SignedRequest& request);
// For POST /enroll with a password.
Result<std::string> enrol_authorization(const Secret& password, std::int64_t unix_seconds, std::string_view body);

// Bodies of POST /control. `version` as in "5.0.0".
std::string control_startup_body(std::string_view version);
struct HostNotice {
    std::string version;
    // Of the host; what is empty is left out.
    std::string hostname, architecture, ip, os_name, os_version, os_platform, os_type;
};
std::string control_notify_body(const HostNotice& facts);
std::string control_shutdown_body();

struct Task {
    enum class Type { ActiveResponse, Restart, Reload, Upgrade, Unknown };
    std::string id;
    Type type = Type::Unknown;
    std::string type_name;  // as sent, at most 64 bytes, printable
    std::string payload;    // ActiveResponse: the document's JSON text, for decode_request(); else empty
};

struct ControlAnswer {
    std::vector<Task> tasks;  // in the manager's order
    std::string config_hash;  // of a notify's answer; "0" or empty: none
    std::vector<std::string> groups;
    std::vector<std::string> refusals;  // one sentence per task that could not be read; at most 20
};
// The 200 answer to startup or notify. A payload may be an object or a string that holds its JSON. Error: too large,
// not JSON or not an object: nothing of it can be used.
Result<ControlAnswer> read_control_answer(std::string_view body);
// For any other status: one sentence with the status and the manager's own word for it ("invalid_version"), bounded and
// printable.
std::string describe_https_failure(int status, std::string_view body);

// The header Date as Unix seconds; nothing if it is none as servers write it ("Tue, 24 Nov 2026 00:25:40 GMT").
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace riposte
