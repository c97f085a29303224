// SPDX-License-Identifier: Apache-2.0
// The functions of Asio's TLS and of Beast, compiled once instead of in every file that includes them.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
