// SPDX-License-Identifier: Apache-2.0
// The three ways in which a block is encrypted. Sources: wazuh v4.14.7 src/os_crypto/blowfish/bf_op.c,
// src/os_crypto/aes/aes_op.c; ossec-hids src/os_crypto/aes/aes_op.c (OS_AES_Str).
#pragma once

#include "platform/include/result.h"
#include "src/link/secret.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace riposte {

enum class Cipher {
    Blowfish,  // Blowfish-CBC, fixed IV, no padding; every manager reads it
    AesWazuh,  // AES-256-CBC, fixed IV, PKCS#7; Wazuh 3.5 and newer
    AesOssec,  // AES-256-CBC, random IV in front, PKCS#7; OSSEC 4.0 and newer
};
std::string_view cipher_name(Cipher cipher);  // "blowfish", "aes", "aes-iv"

inline constexpr std::size_t kMaxCipherBytes = 131'072;

using CipherIv = std::array<std::uint8_t, 16>;

// Whether OpenSSL has it here: Blowfish needs its legacy provider, which some systems package apart. The Error says
// what to do. Any thread.
Result<void> check_cipher(Cipher cipher);

// `key` is what derive_cipher_key() made. `iv` counts for AesOssec only, where it stands in front of the result.
// Blowfish: the text's length is a multiple of 8. Error: a text of over kMaxCipherBytes, or a cipher that is not here.
Result<std::string> encrypt(Cipher cipher, const Secret& key, const CipherIv& iv, std::string_view plain);
// Error: the length is impossible, or the padding is wrong.
Result<std::string> decrypt(Cipher cipher, const Secret& key, std::string_view sealed);
// Whether so many bytes (with the IV in front, for AesOssec) can be what encrypt() makes.
bool is_cipher_length(Cipher cipher, std::size_t bytes);

}  // namespace riposte
