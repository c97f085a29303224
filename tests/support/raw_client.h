// SPDX-License-Identifier: Apache-2.0
// A client of the control endpoint that sends what no well-behaved one would.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace riposte::test {

class RawClient {
  public:
    explicit RawClient(const std::string& endpoint);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return handle_ != -1; }
    // Blocks until all of it is on its way; false if the service has closed the connection.
    bool send(std::string_view bytes) const;

  private:
    std::intptr_t handle_ = -1;
};

}  // namespace riposte::test
