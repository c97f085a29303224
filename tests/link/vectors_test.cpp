// SPDX-License-Identifier: Apache-2.0
// Messages that were sealed by the managers' and agents' own code (Wazuh 4.14.7, OSSEC 4.2), and signatures made by
// Wazuh 5's.
#include "src/link/agent_key.h"
#include "src/link/block.h"
#include "src/link/crypto.h"
#include "src/link/frame.h"
#include "src/link/https_text.h"
#include "src/request/document.h"
#include "tests/link/hex.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <zlib.h>

using namespace riposte;

namespace {

const Document& vectors() {
    static const Document document = [] {
        auto parsed = Document::parse(test::read_file(std::string(RIPOSTE_TEST_DATA) + "/link/vectors.json"));
        REQUIRE_MESSAGE(parsed.has_value(), "tests/link/vectors.json");
        return std::move(*parsed);
    }();
    return document;
}

const Document& cases(const char* name) {
    const Document* found = vectors().find(name);
    REQUIRE(found != nullptr);
    return *found;
}

// "" for null and for what is not there.
std::string text(const Document& each, const char* name) {
    const Document* found = each.find(name);
    return found == nullptr ? "" : found->text();
}

std::uint32_t number(const Document& each, const char* name) {
    return static_cast<std::uint32_t>(std::stoul(text(each, name)));
}

Cipher cipher_of(const Document& each) {
    const std::string method = text(each, "method");
    for (const Cipher cipher : {Cipher::Blowfish, Cipher::AesWazuh, Cipher::AesOssec}) {
        if (cipher_name(cipher) == method) return cipher;
    }
    FAIL("no such method: ", method);
    return Cipher::Blowfish;
}

AgentKey key_of(const Document& each) {
    auto key = parse_agent_key(text(each, "client_keys"));
    REQUIRE(key.has_value());
    return std::move(*key);
}

Secret cipher_key_of(const Document& each) {
    auto key = derive_cipher_key(key_of(each));
    REQUIRE(key.has_value());
    return std::move(*key);
}

Sealing sealing_of(const Document& each) {
    Sealing sealing;
    sealing.cipher = cipher_of(each);
    sealing.counters = {number(each, "global"), number(each, "local")};
    sealing.random = static_cast<std::uint16_t>(number(each, "rand"));
    const std::string iv = test::bytes(text(each, "iv_hex"));
    std::copy_n(iv.begin(), std::min(iv.size(), sealing.iv.size()), sealing.iv.begin());
    return sealing;
}

// Level 9 of zlib-ng makes other bytes, which every receiver reads as well.
bool is_zlib_of_the_vectors() {
    return std::string_view(zlibVersion()).find("zlib-ng") == std::string_view::npos;
}

// The id in front, if the vector has one.
std::string prefix_id(const Document& each) {
    const std::string prefix = text(each, "prefix_ascii");
    return prefix.size() < 2 ? "" : prefix.substr(1, prefix.size() - 2);
}

}  // namespace

TEST_CASE("every vector's key is derived") {
    REQUIRE(cases("vectors").items().size() == 43);
    for (const Document& each : cases("vectors").items()) {
        CAPTURE(text(each, "name"));
        const Secret key = cipher_key_of(each);
        CHECK(key.view() == text(each, "key47_ascii"));
        if (const auto aes = text(each, "aes_key_hex"); !aes.empty()) CHECK(to_hex(key.view().substr(0, 32)) == aes);
        if (const auto all = text(each, "blowfish_key_hex"); !all.empty()) CHECK(to_hex(key.view()) == all);
    }
}

TEST_CASE("every vector is sealed byte for byte, and framed") {
    for (const Document& each : cases("vectors").items()) {
        CAPTURE(text(each, "name"));
        const std::string payload = test::bytes(text(each, "payload_hex"));
        const auto sealed = seal_block(cipher_key_of(each), prefix_id(each), payload, sealing_of(each));
        REQUIRE(sealed.has_value());
        if (is_zlib_of_the_vectors()) {
            CHECK(to_hex(*sealed) == text(each, "wire_hex"));
        } else {
            const auto opened = open_block(cipher_key_of(each), sealed->substr(text(each, "prefix_ascii").size()));
            REQUIRE(opened.has_value());
            CHECK(opened->payload == payload);
        }
        const auto frame = frame_block(test::bytes(text(each, "wire_hex")));
        REQUIRE(frame.has_value());
        if (const auto expected = text(each, "tcp_frame_hex"); !expected.empty()) CHECK(to_hex(*frame) == expected);
    }
}

TEST_CASE("every vector is opened, with either layout tried first") {
    for (const Document& each : cases("vectors").items()) {
        CAPTURE(text(each, "name"));
        // The manager's reader takes the id away first.
        std::string wire = test::bytes(text(each, "wire_hex"));
        wire.erase(0, text(each, "prefix_ascii").size());
        for (const Cipher first : {Cipher::AesWazuh, Cipher::AesOssec, Cipher::Blowfish}) {
            const auto opened = open_block(cipher_key_of(each), wire, first);
            REQUIRE(opened.has_value());
            CHECK(to_hex(opened->payload) == text(each, "payload_hex"));
            CHECK(opened->counters == CounterPair{number(each, "global"), number(each, "local")});
            CHECK(opened->cipher == cipher_of(each));
        }
    }
}

TEST_CASE("every acceptance case is accepted or refused, for its reason") {
    const std::map<std::string, BlockRefusal> refusals{
        {"bad md5", BlockRefusal::Checksum},
        {"no bang, old-style colon without checksum", BlockRefusal::Start},
        {"truncated zlib", BlockRefusal::Compression},
        {"unknown marker", BlockRefusal::Marker},
        {"ciphertext not a multiple of 16", BlockRefusal::Length},
        {"wrong key", BlockRefusal::Padding},
        {"short inner (52 bytes)", BlockRefusal::TooShort},
        {"counter field without colon", BlockRefusal::Format},
    };
    std::size_t refused = 0;
    for (const Document& each : cases("acceptance").items()) {
        const std::string name = text(each, "name");
        CAPTURE(name);
        const auto opened = open_block(cipher_key_of(each), test::bytes(text(each, "wire_hex")));
        CHECK(opened.has_value() == (text(each, "expect") == "ok"));
        if (opened) continue;
        ++refused;
        REQUIRE(refusals.contains(name));
        CHECK(block_refusal_text(opened.error()) == block_refusal_text(refusals.at(name)));
    }
    CHECK(refused == refusals.size());
    CHECK(cases("acceptance").items().size() == refused + 3);
}

TEST_CASE("every HTTPS request is signed as Wazuh 5 does it") {
    REQUIRE(cases("https").items().size() == 6);
    for (const Document& each : cases("https").items()) {
        CAPTURE(text(each, "name"));
        const std::string body = text(each, "body"), target = text(each, "target"), method = text(each, "method");
        const std::int64_t timestamp = number(each, "timestamp");
        const Document* headers = each.find("headers");
        REQUIRE(headers != nullptr);
        CHECK(headers->items().at(0).text() == "protocol-version: " + std::string(kHttpsProtocolVersion));
        Result<std::string> value = std::string();
        if (text(each, "scheme") == "WazuhEnroll") {
            value = enrol_authorization(Secret(text(each, "password")), timestamp, body);
        } else {
            const AgentKey key{text(each, "agent_id"), "web01", "any", Secret(text(each, "key_hex"))};
            value = authorization(key, {method, target, body, timestamp});
        }
        REQUIRE(value.has_value());
        CHECK("Authorization: " + *value == headers->items().at(1).text());
    }
}
