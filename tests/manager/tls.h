// SPDX-License-Identifier: Apache-2.0
// The TLS settings that the enrolment server and the HTTPS server share.
#pragma once

#include "tests/manager/types.h"

#include <boost/asio/ssl/context.hpp>

namespace riposte::simulator {

// With the options' certificate or a self-signed one, and a demand for the agent's if the options say so. `lowest` and
// `highest` are OpenSSL's TLS1_2_VERSION and so on, 0 for any. Throws boost::system::system_error for a PEM text that
// is none.
boost::asio::ssl::context server_context(const Options& options, int lowest, int highest);

}  // namespace riposte::simulator
