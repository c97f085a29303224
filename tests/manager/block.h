// SPDX-License-Identifier: Apache-2.0
// The block: one enciphered message, without an agent's prefix (Wazuh src/os_crypto/shared/msgs.c, CreateSecMSG and
// ReadSecMSG).
#pragma once

#include "tests/manager/types.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace riposte::simulator {

inline constexpr std::size_t kLargestBlock = 65536;
inline constexpr std::size_t kLargestPayload = 65408;

struct Counter {
    std::uint32_t global = 0;
    std::uint32_t local = 0;
    bool operator==(const Counter&) const = default;
    auto operator<=>(const Counter& other) const {
        return std::tie(global, local) <=> std::tie(other.global, other.local);
    }

    // To the pair of the next message.
    void advance();
};

struct Opened {
    Method method = Method::Aes;
    Counter counter;
    std::string payload;
};

// Nothing if the block is not of that key or breaks a rule. `aes` tells which layout "#AES:" has.
std::optional<Opened> open_block(std::string_view block, const std::string& key_text, Method aes);

// The text that a block compresses: checksum, `random` (at most 65535), counters and payload.
std::string inner_text(std::string_view payload, Counter counter, unsigned random);
// A zlib stream.
std::string compress(std::string_view bytes);
// From the compressed text to the block. `iv`: 16 bytes for Method::AesIv, else unused.
std::string seal_compressed(std::string_view compressed, const std::string& key_text, Method method,
                            std::string_view iv);
// All of it, with what is random drawn.
std::string seal_block(std::string_view payload, const std::string& key_text, Method method, Counter counter);

}  // namespace riposte::simulator
