// SPDX-License-Identifier: Apache-2.0
// Digests, the keys made of a line of client.keys, and the three ways to encipher (Wazuh src/os_crypto, OSSEC the same
// directory). A function that cannot fail with legal arguments throws std::runtime_error if the library refuses.
#pragma once

#include "tests/manager/types.h"

#include <optional>
#include <string>
#include <string_view>

namespace riposte::simulator {

std::string md5_hex(std::string_view bytes);
std::string sha1_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string random_bytes(std::size_t count);

// 47 characters: all of them are the Blowfish key, the first 32 the AES key.
std::string key_text(const KeyEntry& entry);

// `plain` is a multiple of 8 bytes. `iv` is used with AesIv only, where it becomes the first 16 bytes of the result.
std::string encipher(Method method, const std::string& key_text, std::string_view plain, std::string_view iv);
// Nothing if the length or the padding is wrong.
std::optional<std::string> decipher(Method method, const std::string& key_text, std::string_view enciphered);

}  // namespace riposte::simulator
