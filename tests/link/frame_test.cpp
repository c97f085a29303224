// SPDX-License-Identifier: Apache-2.0
#include "src/link/frame.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;

namespace {

std::string framed(const std::string& block) {
    const auto frame = frame_block(block);
    REQUIRE(frame.has_value());
    return *frame;
}

// All blocks that can be taken now.
std::vector<std::string> taken(FrameReader& reader) {
    std::vector<std::string> blocks;
    for (;;) {
        const auto block = reader.next();
        REQUIRE(block.has_value());
        if (!*block) return blocks;
        blocks.emplace_back(**block);
    }
}

}  // namespace

TEST_CASE("a frame is a length of four bytes, little endian, and the block") {
    CHECK(framed("abc") == std::string("\3\0\0\0abc", 7));
    CHECK(framed(std::string(258, 'x')).starts_with(std::string("\2\1\0\0", 4)));
    CHECK(framed(std::string(kMaxFrameBytes, 'x')).starts_with(std::string("\0\0\1\0", 4)));
    CHECK_FALSE(frame_block("").has_value());
    CHECK_FALSE(frame_block(std::string(kMaxFrameBytes + 1, 'x')).has_value());
}

TEST_CASE("frames are found however the stream is cut") {
    const std::vector<std::string> blocks{"a", std::string(1000, 'b'), "#pong", std::string(kMaxFrameBytes, 'c'), "d"};
    std::string stream;
    for (const std::string& block : blocks) stream += framed(block);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{4'096}, stream.size()}) {
        CAPTURE(piece);
        FrameReader reader;
        std::vector<std::string> found;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            reader.add(std::string_view(stream).substr(at, piece));
            for (std::string& block : taken(reader)) found.push_back(std::move(block));
            CHECK(reader.pending() < kMaxFrameBytes + 4);
        }
        CHECK(found == blocks);
        CHECK(reader.pending() == 0);
    }
}

TEST_CASE("a length out of range ends the stream for good") {
    for (const std::string& header : {std::string("\0\0\0\0", 4), std::string("\1\0\1\0", 4),
                                      std::string("\xFF\xFF\xFF\xFF", 4), std::string("GET ", 4)}) {
        FrameReader reader;
        reader.add(framed("good") + header);
        const auto good = reader.next();
        REQUIRE(good.has_value());
        REQUIRE(good->has_value());
        CHECK(**good == "good");
        const auto bad = reader.next();
        REQUIRE_FALSE(bad.has_value());
        CHECK(bad.error().text().find("1 to 65536") != std::string::npos);
        reader.add(framed("late"));
        CHECK_FALSE(reader.next().has_value());
    }
}
