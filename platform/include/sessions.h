// SPDX-License-Identifier: Apache-2.0
// Ending an address's live connections and a user's logins.
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <string>

namespace riposte {

struct EndedConnections {
    std::size_t sockets = 0;  // of this host's programs, which see an error
    std::size_t tracked = 0;  // entries of the connection tracking, through this host too; Linux only
};

// Ends what has its other end in the network ("192.0.2.7", "2001:db8::/32"; canonical, not every address). Nothing
// there is success. An Error if it could not be found out, or if something is still there that could not be ended.
//
// Linux: TCP and connected UDP sockets through sock_diag (not_supported where the kernel cannot destroy sockets), and
// entries of conntrack, all of this network namespace. Windows: TCP over IPv4; not_supported for IPv6, as Windows has
// no call for it.
Result<EndedConnections> end_connections(const std::string& network);

// Ends the user's logins with all that runs in them: asked first, then by force. How many processes (Windows: sessions)
// that were. Error no_such_file_or_directory: there is no such user (Windows: 0).
//
// Linux: processes of that user in a session of logind, with a terminal, or below sshd. Refused for user id 0. Windows:
// sessions of the terminal services, also at the console.
Result<std::size_t> end_logins(const std::string& user);

// The means that work here, as text for people ("sock_diag and conntrack"). Error not_supported, with the reason, if
// this process lacks the rights (Linux: root; Windows: an administrator) or nothing works. Linux: looks at the means
// for connections only.
Result<std::string> check_sessions();

}  // namespace riposte
