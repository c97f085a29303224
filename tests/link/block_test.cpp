// SPDX-License-Identifier: Apache-2.0
#include "src/link/block.h"

#include "src/link/crypto.h"
#include "tests/link/inner_block.h"
#include "tests/link/sample_keys.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>

using namespace riposte;
using namespace riposte::test;

namespace {

constexpr Cipher kCiphers[] = {Cipher::Blowfish, Cipher::AesWazuh, Cipher::AesOssec};

std::string noise(std::size_t length) {
    std::mt19937 random(1);
    std::string text(length, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

std::string refusal(const std::string& block) {
    const auto opened = open_block(kCipherKey, block);
    return opened ? "" : std::string(block_refusal_text(opened.error()));
}

}  // namespace

TEST_CASE("a block comes back as it was sealed, at every level and with every cipher") {
    for (const Cipher cipher : kCiphers) {
        for (const int level : {0, 1, 6, 9}) {
            for (const std::size_t length : {0, 1, 100, 6'016}) {
                Sealing sealing{cipher, {4'294'967'295, 9'999}, 65'535, {}, level};
                sealing.iv.fill(0xA5);
                const std::string payload = noise(length);
                const auto block = seal_block(kCipherKey, "", payload, sealing);
                REQUIRE(block.has_value());
                const auto opened = open_block(kCipherKey, *block);
                REQUIRE(opened.has_value());
                CHECK(opened->payload == payload);
                CHECK(opened->counters == sealing.counters);
                CHECK(opened->cipher == cipher);
            }
        }
    }
}

TEST_CASE("a payload may have 65408 bytes, even ones that cannot be compressed") {
    for (const Cipher cipher : kCiphers) {
        for (const std::string& payload : {std::string(kMaxPayloadBytes, 'p'), noise(kMaxPayloadBytes)}) {
            const auto block = seal_block(kCipherKey, "12345678", payload, {cipher, {}, 0, {}, 9});
            REQUIRE(block.has_value());
            CHECK(block->size() <= kMaxBlockBytes);
            CHECK(block->starts_with(cipher == Cipher::Blowfish ? "!12345678!:" : "!12345678!#AES:"));
            const auto opened = open_block(kCipherKey, block->substr(10));
            REQUIRE(opened.has_value());
            CHECK(opened->payload == payload);
        }
    }
    CHECK_FALSE(seal_block(kCipherKey, "001", std::string(kMaxPayloadBytes + 1, 'p'), {}).has_value());
}

TEST_CASE("a block of another key, or a damaged one, is refused") {
    const Secret other("29f74e19334f9c82e4c3fa5999e701f855ca7fce424e2b9");
    for (const Cipher cipher : kCiphers) {
        CAPTURE(cipher_name(cipher));
        const auto block = seal_block(other, "", "payload", {cipher, {0, 1}, 0, {}, 9});
        REQUIRE(block.has_value());
        CHECK_FALSE(refusal(*block).empty());
        const auto good = seal_block(kCipherKey, "", "payload", {cipher, {0, 1}, 0, {}, 9});
        REQUIRE(good.has_value());
        CHECK(refusal(*good).empty());
        for (std::size_t at = 0; at < good->size(); ++at) {
            std::string damaged = *good;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
            CAPTURE(at);
            const auto opened = open_block(kCipherKey, damaged);
            if (opened) CHECK(opened->payload == "payload");
            damaged.resize(at);
            CHECK_FALSE(open_block(kCipherKey, damaged).has_value());
        }
    }
}

TEST_CASE("every refusal has its own reason") {
    const std::string numbers =
        "12345"
        "0000000001:0002:";
    const std::pair<std::string, BlockRefusal> cases[] = {
        {std::string(kMaxBlockBytes + 1, ':'), BlockRefusal::TooLong},
        {"", BlockRefusal::Marker},
        {"#AES", BlockRefusal::Marker},
        {"!001!:12345678", BlockRefusal::Marker},
        {":", BlockRefusal::Length},
        {":1234567", BlockRefusal::Length},
        {"#AES:", BlockRefusal::Length},
        {encrypted(kCipherKey, ":no bang"), BlockRefusal::Start},
        {encrypted(kCipherKey, "!!!!!!!!"), BlockRefusal::Compression},
        {sealed_inner(kCipherKey, checked(std::string(kMaxInflatedBytes, '0'))), BlockRefusal::InflatedTooLong},
        {sealed_inner(kCipherKey, ""), BlockRefusal::TooShort},
        {sealed_inner(kCipherKey, checked(numbers.substr(0, 20))), BlockRefusal::TooShort},
        {sealed_inner(kCipherKey, std::string(32, '0') + numbers), BlockRefusal::Checksum},
        {sealed_inner(kCipherKey, checked("1234x"
                                          "0000000001:0002:")),
         BlockRefusal::Format},
        {sealed_inner(kCipherKey, checked("12345"
                                          "000000 001:0002:")),
         BlockRefusal::Format},
        {sealed_inner(kCipherKey, checked("12345"
                                          "9999999999:0002:")),
         BlockRefusal::Format},
        {sealed_inner(kCipherKey, checked("12345"
                                          "0000000001:-002:")),
         BlockRefusal::Format},
        {sealed_inner(kCipherKey, checked("12345"
                                          "0000000001 0002:")),
         BlockRefusal::Format},
        {sealed_inner(kCipherKey, checked("12345"
                                          "0000000001:0002 ")),
         BlockRefusal::Format},
    };
    for (const auto& each : cases) {
        const auto& block = each.first;
        const auto& expected = each.second;
        CAPTURE(block_refusal_text(expected));
        CHECK(refusal(block) == block_refusal_text(expected));
    }
    CHECK(refusal(sealed_inner(kCipherKey, checked(numbers))).empty());
}

TEST_CASE("what inflates without end is refused after 64 KiB") {
    const std::string bomb = sealed_inner(kCipherKey, std::string(40'000'000, 'b'));
    CHECK(bomb.size() < kMaxBlockBytes);
    CHECK(refusal(bomb) == block_refusal_text(BlockRefusal::InflatedTooLong));
}
