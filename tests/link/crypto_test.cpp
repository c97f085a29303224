// SPDX-License-Identifier: Apache-2.0
// Published test values of the algorithms: RFC 1321, RFC 3174, RFC 4493, RFC 5869.
#include "src/link/crypto.h"

#include "src/link/cipher.h"
#include "src/link/secret.h"
#include "tests/link/hex.h"
#include "tests/link/sample_keys.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;
using riposte::test::kCipherKey;
using test::bytes;

TEST_CASE("digests are lower-case hex") {
    CHECK(*md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(*md5_hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK(*sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("AES-CMAC takes keys of 16, 24 and 32 bytes") {
    const Secret key(bytes("2b7e151628aed2a6abf7158809cf4f3c"));
    CHECK(*aes_cmac_hex(key, "") == "bb1d6929e95937287fa37d129b756746");
    CHECK(*aes_cmac_hex(key, bytes("6bc1bee22e409f96e93d7e117393172a")) == "070a16b46b4d4144f79bdd9dd04a287c");
    for (const std::size_t length : {0, 8, 15, 17, 31, 33, 64}) {
        CAPTURE(length);
        CHECK_FALSE(aes_cmac_hex(Secret(std::string(length, 'k')), "text").has_value());
    }
}

TEST_CASE("HKDF with SHA-256") {
    const auto out = hkdf_sha256(Secret(bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")),
                                 bytes("000102030405060708090a0b0c"), bytes("f0f1f2f3f4f5f6f7f8f9"), 42);
    REQUIRE(out.has_value());
    CHECK(to_hex(out->view()) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("hex is read in either case") {
    CHECK(bytes("00fFaB") == std::string("\0\xFF\xAB", 3));
    CHECK(to_hex(std::string("\0\xFF\xAB", 3)) == "00ffab");
    for (const std::string wrong : {"0", "0g", "zz", "00 "}) CHECK_FALSE(from_hex(wrong).has_value());
}

TEST_CASE("what is encrypted is decrypted") {
    CipherIv iv{};
    iv[0] = 7;
    for (const Cipher cipher : {Cipher::Blowfish, Cipher::AesWazuh, Cipher::AesOssec}) {
        CAPTURE(cipher_name(cipher));
        REQUIRE(check_cipher(cipher).has_value());
        for (const std::size_t length : {8, 16, 24, 4096}) {
            const std::string plain(length, 'p');
            const auto sealed = encrypt(cipher, kCipherKey, iv, plain);
            REQUIRE(sealed.has_value());
            CHECK(is_cipher_length(cipher, sealed->size()));
            const auto opened = decrypt(cipher, kCipherKey, *sealed);
            REQUIRE(opened.has_value());
            CHECK(*opened == plain);
        }
    }
}

TEST_CASE("lengths that no cipher makes are refused") {
    const std::pair<Cipher, std::size_t> cases[] = {
        {Cipher::Blowfish, 0},  {Cipher::Blowfish, 7},
        {Cipher::Blowfish, 12}, {Cipher::AesWazuh, 0},
        {Cipher::AesWazuh, 8},  {Cipher::AesWazuh, 17},
        {Cipher::AesOssec, 0},  {Cipher::AesOssec, 16},
        {Cipher::AesOssec, 40}, {Cipher::AesWazuh, kMaxCipherBytes + 16},
    };
    for (const auto& each : cases) {
        const auto& cipher = each.first;
        const auto& length = each.second;
        CAPTURE(cipher_name(cipher));
        CAPTURE(length);
        CHECK_FALSE(decrypt(cipher, kCipherKey, std::string(length, 'x')).has_value());
    }
    CHECK_FALSE(encrypt(Cipher::Blowfish, kCipherKey, {}, "seven..").has_value());
    CHECK_FALSE(encrypt(Cipher::AesWazuh, Secret("short"), {}, "text").has_value());
}

TEST_CASE("a secret wipes the memory that it gives back") {
    std::string text = "a password that is long enough to be on the heap";
    const Secret secret(text);
    wipe(text);
    CHECK(text.empty());
    Secret copy = secret;
    copy.append("!");
    CHECK(copy.view() == "a password that is long enough to be on the heap!");
    CHECK(secret.size() + 1 == copy.size());
    const Secret moved = std::move(copy);
    CHECK_FALSE(moved == secret);

    // The memory itself, wiped in place before it would be freed.
    char memory[8] = "secret!";
    wipe(memory, sizeof memory);
    CHECK(std::string(memory, sizeof memory) == std::string(8, '\0'));
}
