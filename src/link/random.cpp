// SPDX-License-Identifier: Apache-2.0
#include "src/link/random.h"

#include <array>
#include <openssl/rand.h>
#include <stdexcept>

namespace riposte {
namespace {

template <class Bytes>
void fill(Bytes& bytes) {
    const int got = RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
    // The system's source of randomness is gone: nothing that is encrypted from now on would be safe.
    if (got != 1) throw std::runtime_error("OpenSSL gives no random bytes");
}

}  // namespace

std::uint16_t random_number() {
    std::array<unsigned char, 2> bytes{};
    fill(bytes);
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

CipherIv random_iv() {
    CipherIv iv{};
    fill(iv);
    return iv;
}

std::string random_letters() {
    std::array<unsigned char, 8> bytes{};
    fill(bytes);
    std::string letters;
    for (const unsigned char byte : bytes) letters += static_cast<char>('a' + byte % 26);
    return letters;
}

std::chrono::milliseconds jittered(std::chrono::milliseconds time) {
    constexpr std::int64_t kRange = 65'536;
    return time / 2 + time / 2 * random_number() / kRange;
}

}  // namespace riposte
