// SPDX-License-Identifier: Apache-2.0
// One message as it goes over the wire: counters and checksum in front, deflated, padded, encrypted.
// Source: wazuh v4.14.7 and ossec-hids src/os_crypto/shared/msgs.c (CreateSecMSG, ReadSecMSG).
#pragma once

#include "platform/include/result.h"
#include "src/link/cipher.h"
#include "src/link/counters.h"
#include "src/link/secret.h"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace riposte {

inline constexpr std::size_t kMaxBlockBytes = 65'536;
inline constexpr std::size_t kMaxInflatedBytes = 65'536;
inline constexpr std::size_t kMaxPayloadBytes = 65'408;      // what a Wazuh manager takes
inline constexpr std::size_t kMaxOssecPayloadBytes = 6'016;  // what an OSSEC manager takes

struct Sealing {
    Cipher cipher = Cipher::AesWazuh;
    CounterPair counters;
    std::uint16_t random = 0;  // means nothing; for variety
    CipherIv iv{};             // AesOssec only: 16 random bytes
    int level = 9;             // zlib's; receivers read any
};

// The block with "!ID!" in front; an empty id leaves that out, as managers do. `key` is what derive_cipher_key() made.
// Error: the payload has more than kMaxPayloadBytes, the block would have more than kMaxBlockBytes, or the cipher
// cannot be had.
Result<std::string> seal_block(const Secret& key, std::string_view id, std::string_view payload,
                               const Sealing& sealing);

struct OpenedBlock {
    std::string payload;
    CounterPair counters;
    Cipher cipher = Cipher::AesWazuh;
};

// Why a block is refused, in the order of how far its reading came.
enum class BlockRefusal {
    TooLong,            // over kMaxBlockBytes
    Marker,             // starts neither with ":" nor with "#AES:"
    CipherUnavailable,  // this OpenSSL cannot decrypt it
    Length,             // no whole number of the cipher's blocks
    Padding,            // the padding is wrong: another key
    Start,              // the decrypted text does not start with "!": another key
    Compression,        // what follows is no whole zlib stream
    InflatedTooLong,    // it inflates to more than kMaxInflatedBytes
    TooShort,           // there is not even room for checksum and counters
    Checksum,           // the MD5 does not match
    Format,             // random number or counters are not where or what they must be
};
std::string_view block_refusal_text(BlockRefusal refusal);

// Opens what a manager sent. The marker tells the cipher; for "#AES:" both layouts are tried, that of `first` first.
// Reads and allocates no more than the limits above, whatever the bytes are. Any thread.
boost::system::result<OpenedBlock, BlockRefusal> open_block(const Secret& key, std::string_view block,
                                                            Cipher first = Cipher::AesWazuh);

}  // namespace riposte
