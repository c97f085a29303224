// SPDX-License-Identifier: Apache-2.0
// The first byte tells what the rest is: a block as it comes from the wire; what a holder of the key encrypts; or what
// it deflates, which reaches the innermost reader. All are opened or refused within the limits, and what is opened is
// sealed and opened again.
#include "src/link/block.h"
#include "tests/fuzz/require.h"
#include "tests/link/sample_keys.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <zlib.h>

using namespace riposte;
using riposte::test::kCipherKey;

namespace {

std::string encrypted(Cipher cipher, std::string plain) {
    plain.resize(plain.size() + (8 - plain.size() % 8) % 8, '!');
    const auto sealed = encrypt(cipher, kCipherKey, {}, plain);
    require(sealed.has_value(), "whatever has the right length is encrypted");
    return (cipher == Cipher::Blowfish ? ":" : "#AES:") + *sealed;
}

std::string deflated(std::string_view inner) {
    uLongf length = compressBound(static_cast<uLong>(inner.size()));
    std::string stream(length, '\0');
    compress(reinterpret_cast<Bytef*>(stream.data()), &length, reinterpret_cast<const Bytef*>(inner.data()),
             static_cast<uLong>(inner.size()));
    stream.resize(length);
    return "!" + stream;
}

void check(std::string_view block) {
    for (const Cipher first : {Cipher::AesWazuh, Cipher::AesOssec}) {
        const auto opened = open_block(kCipherKey, block, first);
        if (!opened) {
            require(!block_refusal_text(opened.error()).empty(), "a refusal has a reason");
            continue;
        }
        require(opened->payload.size() <= kMaxInflatedBytes, "a payload is in bounds");
        require(opened->counters.local <= 9'999, "a counter is in bounds");
        const auto again = seal_block(kCipherKey, "", opened->payload, {opened->cipher, opened->counters, 1, {}, 1});
        if (!again) continue;  // longer than what an agent may send
        const auto twice = open_block(kCipherKey, *again, opened->cipher);
        require(twice && twice->payload == opened->payload && twice->counters == opened->counters,
                "what was opened is sealed and opened again");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto cipher = static_cast<Cipher>(data[0] / 4 % 3);
    switch (data[0] % 4) {
        case 0:
            check(rest);
            break;
        case 1:
            check(encrypted(cipher, std::string(rest)));
            break;
        case 2:
            check(encrypted(cipher, deflated(rest)));
            break;
        default: {
            // With the right checksum, which no fuzzer finds.
            const auto sealed =
                seal_block(kCipherKey, "", rest.substr(0, kMaxPayloadBytes), {cipher, {3, 4}, 5, {}, 1});
            if (!sealed) break;
            check(*sealed);
            std::string damaged = *sealed;
            damaged[size * 7 % damaged.size()] ^= 1;
            check(damaged);
        }
    }
    return 0;
}
