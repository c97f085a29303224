// SPDX-License-Identifier: Apache-2.0
// Blocks on a TCP stream: a length of four bytes, little endian, then that many bytes, 1 to 65536.
// Sources: wazuh v4.14.7 src/os_net/os_net.c (OS_SendSecureTCP, OS_RecvSecureTCP), src/remoted/netbuffer.c (nb_recv).
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

inline constexpr std::size_t kMaxFrameBytes = 65'536;

// Error: an empty block or one over kMaxFrameBytes.
Result<std::string> frame_block(std::string_view block);

// Takes the stream's bytes as they come, in pieces of any size. Holds what was added and not yet taken, so whoever
// takes all that next() gives before adding more bounds it to one frame and one piece.
class FrameReader {
  public:
    void add(std::string_view bytes);
    // The next whole block, good until the next call of add(); nothing: more bytes are needed. Error: the length is out
    // of range; the stream has no further meaning, and every later call gives the same Error.
    Result<std::optional<std::string_view>> next();
    // Bytes that were added and not yet taken.
    std::size_t pending() const { return buffer_.size() - taken_; }

  private:
    std::string buffer_;
    std::size_t taken_ = 0;
    std::optional<Error> error_;
};

}  // namespace riposte
