// SPDX-License-Identifier: Apache-2.0
// The calls on connections and logins that Windows has, apart from what is done with them, so that a test can stand in
// their place: Wine does not have them all. Private to platform/windows.
#pragma once

#include "platform/include/sessions.h"
#include "platform/windows/ip_helper.h"

#include <memory>
#include <string>
#include <vector>

namespace riposte {

struct Login {
    DWORD session = 0;
    std::string user;
};

class SessionCalls {
  public:
    virtual ~SessionCalls() = default;
    // Whether connections can be ended at all; none is.
    virtual bool can_end_connections() = 0;
    // TCP over IPv4. Addresses in network order.
    virtual Result<std::vector<MIB_TCPROW>> connections() = 0;
    virtual Result<void> end_connection(const MIB_TCPROW& row) = 0;
    // Sessions with a user, that of the services left out.
    virtual Result<std::vector<Login>> logins() = 0;
    virtual Result<void> log_off(DWORD session) = 0;
};

std::unique_ptr<SessionCalls> system_session_calls();

// The functions of sessions.h with these calls in place of the system's. This check_sessions() does not ask whether the
// user is an administrator.
Result<EndedConnections> end_connections(SessionCalls& calls, const std::string& network);
Result<std::size_t> end_logins(SessionCalls& calls, const std::string& user);
Result<std::string> check_sessions(SessionCalls& calls);

}  // namespace riposte
