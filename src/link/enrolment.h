// SPDX-License-Identifier: Apache-2.0
// Asks a manager for this agent's key over TLS: the classic exchange (port 1515), or Wazuh 5's over HTTPS. Loop thread.
// Sources: wazuh v4.14.7 src/os_auth (main-server.c, ssl.c, check_cert.c), src/shared/enrollment_op.c; ossec-hids
// src/os_auth; wazuh branch 5.0.0 src/client-agent/https_client.
#pragma once

#include "platform/include/event_loop.h"
#include "platform/include/result.h"
#include "src/config/config.h"
#include "src/link/agent_key.h"
#include "src/link/enrol_text.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace riposte {

// How a TLS connection to a manager is made.
struct TlsSettings {
    std::filesystem::path ca;           // PEM; empty: whoever answers is believed, as Wazuh's agents do by default
    std::filesystem::path certificate;  // PEM, with `key`: shown to a manager that asks for it; empty: none
    std::filesystem::path key;
};

struct EnrolmentOptions {
    std::string host;
    std::uint16_t port = 1515;
    bool https = false;
    TlsSettings tls;
    EnrolRequest request;
};

class Enrolment {
  public:
    // For each of connecting, the handshake and the exchange.
    static constexpr int kPatienceSeconds = 30;

    // Begins at once. `done` is called once, later, unless what is returned is destroyed before. An Error names the
    // manager and what to do about it.
    using Done = std::function<void(Result<AgentKey>)>;
    static std::shared_ptr<Enrolment> start(boost::asio::io_context& loop, const EnrolmentOptions& plan, Done done);
    virtual ~Enrolment() = default;
    virtual void cancel() = 0;
};

// The request as the settings have it: the agent's name (`host_name` if they name none), the groups, and the hash of
// `key`, the agent's present key, if there is one. The password is left empty: read_enrolment_password() reads it.
EnrolRequest enrol_request(const ManagerSettings& settings, const std::string& host_name,
                           const std::optional<AgentKey>& key);
// Relative paths are below the state directory.
TlsSettings tls_settings(const ManagerSettings& settings, const std::filesystem::path& state);
// The first line of the file that <authorization_pass_path> names; empty: none is named. Error: it cannot be read.
Result<Secret> read_enrolment_password(const ManagerSettings& settings, const std::filesystem::path& state);

// Puts the key where it is kept, in one step, for this account only (Linux 0640; Windows by the directory's access
// list). Missing directories are made.
Result<void> store_agent_key(const std::filesystem::path& file, const AgentKey& key);
// no_such_file_or_directory: there is none.
Result<AgentKey> load_agent_key(const std::filesystem::path& file);

}  // namespace riposte
