// SPDX-License-Identifier: Apache-2.0
#include "src/link/frame.h"

#include <cstdint>

namespace riposte {
namespace {

constexpr std::size_t kHeaderBytes = 4;

std::uint32_t read_length(std::string_view header) {
    std::uint32_t length = 0;
    for (std::size_t i = kHeaderBytes; i-- > 0;) length = length << 8 | static_cast<std::uint8_t>(header[i]);
    return length;
}

}  // namespace

Result<std::string> frame_block(std::string_view block) {
    if (block.empty() || block.size() > kMaxFrameBytes)
        return failure("a block of " + std::to_string(block.size()) + " bytes cannot be sent over TCP");
    std::string frame;
    frame.reserve(kHeaderBytes + block.size());
    for (std::size_t i = 0; i < kHeaderBytes; ++i) frame += static_cast<char>(block.size() >> (8 * i) & 0xFF);
    return frame.append(block);
}

void FrameReader::add(std::string_view bytes) {
    if (error_) return;
    // Frames that were taken are erased here and not in next(): the view that next() returns points into buffer_.
    buffer_.erase(0, taken_);
    taken_ = 0;
    buffer_.append(bytes);
}

Result<std::optional<std::string_view>> FrameReader::next() {
    if (error_) return *error_;
    const std::string_view rest = std::string_view(buffer_).substr(taken_);
    if (rest.size() < kHeaderBytes) return std::optional<std::string_view>{};
    const std::uint32_t length = read_length(rest);
    if (length == 0 || length > kMaxFrameBytes) {
        error_ = failure("a frame of " + std::to_string(length) + " bytes, where 1 to " +
                         std::to_string(kMaxFrameBytes) + " are legal");
        return *error_;
    }
    if (rest.size() < kHeaderBytes + length) return std::optional<std::string_view>{};
    taken_ += kHeaderBytes + length;
    return std::optional(rest.substr(kHeaderBytes, length));
}

}  // namespace riposte
