// SPDX-License-Identifier: Apache-2.0
// The same for what Asio and Beast have for TLS and HTTP.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
