// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TCP stream, in pieces whose size the first byte tells: the frames do not depend on the pieces, and no
// more is held than one frame and one piece.
#include "src/link/frame.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace riposte;

namespace {

struct Stream {
    std::vector<std::string> blocks;
    bool failed = false;
    bool operator==(const Stream&) const = default;
};

Stream read_stream(std::string_view bytes, std::size_t piece) {
    Stream stream;
    FrameReader reader;
    while (!bytes.empty() && !stream.failed) {
        reader.add(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (;;) {
            const auto block = reader.next();
            stream.failed = !block;
            if (!block || !*block) break;
            require(!(*block)->empty() && (*block)->size() <= kMaxFrameBytes, "a block is in bounds");
            stream.blocks.emplace_back(**block);
        }
        require(stream.failed || reader.pending() < kMaxFrameBytes + 4, "no more than a frame is held");
    }
    if (stream.failed) require(!reader.next(), "an error stays");
    return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Stream whole = read_stream(bytes, std::max<std::size_t>(bytes.size(), 1));
    require(read_stream(bytes, data[0] + 1U) == whole, "pieces make no difference");
    std::string again;
    for (const std::string& block : whole.blocks) again += *frame_block(block);
    require(bytes.starts_with(again), "a frame is written as it was read");
    return 0;
}
