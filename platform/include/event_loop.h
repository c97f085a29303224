// SPDX-License-Identifier: Apache-2.0
// Asio's event loop by its name only: headers that take a reference to it do not include Asio.
#pragma once

namespace boost::asio {
class io_context;
}
