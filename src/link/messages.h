// SPDX-License-Identifier: Apache-2.0
// The texts inside the blocks: what an agent says, and what kind of thing a manager said. Pure.
// Sources: wazuh v4.14.7 src/headers/rc.h, src/client-agent/notify.c, start_agent.c, receiver.c, src/remoted/manager.c,
// src/shared/file_op.c (getuname); ossec-hids src/client-agent/notify.c, start_agent.c.
#pragma once

#include "src/link/agent_key.h"
#include "src/link/manager_kind.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

inline constexpr std::size_t kMaxExecuteBytes = 65'399;  // of an active response's body
inline constexpr std::string_view kPing = "#ping";       // not encrypted; Wazuh's managers answer
inline constexpr std::string_view kPong = "#pong";

// ---- from the agent ----

// `version` as in "v4.14.7". OSSEC is told nothing but that the agent starts.
std::string startup_message(ManagerKind kind, std::string_view version);
// Nothing for OSSEC, which would take it for a keepalive.
std::optional<std::string> shutdown_message(ManagerKind kind);
// The event that says that the agent has started, to be sent behind the first ack.
std::string agent_started_event(ManagerKind kind, const AgentKey& key);
// Any event: the queue's character ('1' for a log line), where it comes from, and the line. A colon in the location is
// escaped ("|:"), line ends become spaces, and the whole is cut to `max_bytes`, never inside a UTF-8 character.
std::string event_message(char queue, std::string_view location, std::string_view text, std::size_t max_bytes);

// A host's description. Line ends, control characters and what a manager would take for a separator are made harmless
// in every member; each is cut to 256 bytes. Empty members are legal.
struct UnixHost {
    std::string system;                                         // "Linux"
    std::string name;                                           // host name
    std::string release;                                        // "6.1.0-18-amd64"
    std::string version;                                        // "#1 SMP ..."
    std::string machine;                                        // "x86_64"
    std::string os_name, os_platform, os_version, os_codename;  // "Debian GNU/Linux", "debian", "12", "bookworm"
};
std::string describe_host(const UnixHost& host);
struct WindowsHost {
    std::string product;  // "Microsoft Windows 10 Pro"
    std::string version;  // "10.0.19045.1234"
    std::string name;
    std::string machine;  // "x86_64"
};
std::string describe_host(const WindowsHost& host);

struct Keepalive {
    std::string host;                 // what describe_host() made
    std::string version;              // "v4.14.7": decides the form of the responses that a Wazuh manager sends
    std::string config_md5;           // of agent.conf; empty: none
    std::string merged_md5;           // of merged.mg as last received; empty: none
    std::string agent_ip;             // of this end of the connection; empty: not told. Wazuh only
    std::vector<std::string> labels;  // lines as "key":value; Wazuh only. With a line end inside: left out
    std::string noise;                // OSSEC only: a few random letters, without a line end
};
std::string keepalive_message(ManagerKind kind, const Keepalive& facts);

// ---- from the manager ----

// A payload, taken apart by classify(). All views but `problem` point into the payload.
struct FromManager {
    enum class Kind {
        Ack,             // body: what stands behind "#!-agent ack ", usually nothing
        Refusal,         // "#!-err": body is the manager's reason, JSON
        Execute,         // "#!-execd": body is the request, for decode_request()
        Request,         // "#!-req": counter, target, body = the command
        RequestAck,      // "#!-req COUNTER ack": the manager has our answer (UDP)
        FileStart,       // "#!-up file": md5, name
        FileEnd,         // "#!-close file"
        FileChunk,       // anything that does not start with "#!-": body is the whole payload
        ForceReconnect,  // "#!-force_reconnect"
        Ignored,         // for modules that this agent does not have; body: the message's first word
        Unknown,         // a control message of no known kind; body: all behind "#!-"
        Malformed,       // a known kind whose fields are wrong; body: all behind "#!-", problem: what is wrong
    };
    Kind kind = Kind::Unknown;
    std::string_view body;
    std::string_view counter;  // 1 to 16 hex digits
    std::string_view target;   // 1 to 64 characters out of a-z A-Z 0-9 _ - .
    std::string_view md5;      // 32 lower- or upper-case hex digits
    std::string_view name;     // 1 to 255 bytes, no control characters; may be hostile (see merged.h)
    std::string_view problem;  // a constant text
};
FromManager classify(std::string_view payload);

}  // namespace riposte
