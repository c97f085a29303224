// SPDX-License-Identifier: Apache-2.0
// Asio's own functions, compiled once instead of in every file that includes Asio.
#include <boost/asio/impl/src.hpp>
