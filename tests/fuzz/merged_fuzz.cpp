// SPDX-License-Identifier: Apache-2.0
// Any bytes as a merged.mg, pushed in pieces whose size the first byte tells: what is found does not depend on the
// pieces, and is bounded.
#include "src/link/crypto.h"
#include "src/link/merged.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

MergedContent push(std::string_view bytes, std::size_t piece) {
    const auto md5 = md5_hex(bytes);
    require(md5.has_value(), "there is MD5");
    PushedFile file;
    require(file.start(*md5, "merged.mg").has_value(), "the file begins");
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        require(file.add(bytes.substr(at, piece)).has_value(), "so little is taken");
    auto received = file.finish();
    require(received.has_value(), "the sum is right");
    return std::move(received->content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const MergedContent whole = push(bytes, std::max<std::size_t>(bytes.size(), 1));
    const MergedContent pieces = push(bytes, data[0] + 1U);
    require(whole.ar_conf == pieces.ar_conf && whole.refusals == pieces.refusals, "pieces make no difference");
    require(whole.refusals.size() <= kMaxRefusals, "the reasons are bounded");
    for (const std::string& reason : whole.refusals) require(reason.size() < 500, "a reason is bounded");
    if (whole.ar_conf) {
        require(whole.ar_conf->size() <= kMaxArConfBytes, "ar.conf is bounded");
        require(bytes.find(*whole.ar_conf) != std::string_view::npos, "ar.conf is part of the bundle");
    }

    PushedFile file;
    require(file.start(std::string(32, '0'), "merged.mg").has_value(), "the file begins");
    require(file.add(bytes).has_value(), "so little is taken");
    require(!file.finish(), "a wrong sum is refused");
    return 0;
}
