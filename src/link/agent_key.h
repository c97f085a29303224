// SPDX-License-Identifier: Apache-2.0
// An agent's identity as managers hand it out and client.keys keeps it.
// Sources: wazuh v4.14.7 src/os_crypto/shared/keys.c (OS_ReadKeys, OS_AddKey, w_get_key_hash), src/addagent/validate.c
// (OS_IsValidName), src/shared/enrollment_op.c (w_enrollment_process_agent_key); ossec-hids the same names.
#pragma once

#include "platform/include/result.h"
#include "src/link/secret.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace riposte {

inline constexpr std::size_t kMaxClientKeysBytes = 1'048'576;
inline constexpr std::size_t kMaxKeyFieldBytes = 127;

struct AgentKey {
    std::string id;    // 1 to 8 digits, as written: "001"
    std::string name;  // see check_agent_name()
    std::string ip;    // "any", an address, or a network with its prefix length
    Secret key;        // opaque, 1 to 127 bytes without white space; usually 64 hex digits
    bool operator==(const AgentKey&) const = default;
};

// The rules for one field; an Error says which is broken. A name has 2 to 127 of the characters A-Z a-z 0-9 - _ . and
// does not start with a dot.
Result<void> check_agent_id(std::string_view id);
Result<void> check_agent_name(std::string_view name);
Result<void> check_agent_ip(std::string_view ip);

// All four fields.
Result<void> check_agent_key(const AgentKey& key);

// "ID NAME IP KEY", four fields with one space between each two.
Result<AgentKey> parse_agent_key(std::string_view line);

// The first valid line of a client.keys; lines that start with "#" or a space and removed agents (a name that starts
// with "!" or "#") are passed over. Error: no line is valid, and what is wrong with the first bad one; no text of the
// file is in it. At most kMaxClientKeysBytes.
Result<AgentKey> parse_client_keys(std::string_view text);

// The line for client.keys, with its LF.
Secret client_keys_line(const AgentKey& key);

// The 47 characters that the ciphers' keys are made of: all of them for Blowfish, the first 32 for AES.
Result<Secret> derive_cipher_key(const AgentKey& key);

// SHA-1 over id, name and key, in hex: how an enrolment tells the manager which key the agent already holds.
Result<std::string> agent_key_hash(const AgentKey& key);

}  // namespace riposte
