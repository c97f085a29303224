// SPDX-License-Identifier: Apache-2.0
// Blocks with an inside that no sender makes.
#pragma once

#include "src/link/cipher.h"
#include "src/link/crypto.h"

#include <doctest/doctest.h>

#include <string>
#include <zlib.h>

namespace riposte::test {

// With the right checksum in front.
inline std::string checked(const std::string& body) {
    const auto checksum = md5_hex(body);
    REQUIRE(checksum.has_value());
    return *checksum + body;
}

// Blowfish: the text's length is a multiple of 8.
inline std::string encrypted(const Secret& key, const std::string& plain) {
    const auto sealed = encrypt(Cipher::Blowfish, key, {}, plain);
    REQUIRE(sealed.has_value());
    return ":" + *sealed;
}

inline std::string sealed_inner(const Secret& key, const std::string& inner) {
    uLongf length = compressBound(static_cast<uLong>(inner.size()));
    std::string stream(length, '\0');
    REQUIRE(compress(reinterpret_cast<Bytef*>(stream.data()), &length, reinterpret_cast<const Bytef*>(inner.data()),
                     static_cast<uLong>(inner.size())) == Z_OK);
    stream.resize(length);
    return encrypted(key, std::string(8 - length % 8, '!') + stream);
}

}  // namespace riposte::test
