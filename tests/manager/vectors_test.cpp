// SPDX-License-Identifier: Apache-2.0
// The simulator's ciphers against messages that the managers' and agents' own code has sealed and opened.
#include "tests/manager/block.h"
#include "tests/manager/cipher.h"
#include "tests/manager/started.h"
#include "tests/support/files.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <zlib.h>

using namespace riposte::simulator;

namespace {

const boost::json::object& vectors() {
    static const boost::json::value document =
        boost::json::parse(riposte::test::read_file(RIPOSTE_TEST_DATA "/link/vectors.json"));
    return document.as_object();
}

std::string text(const boost::json::object& vector, const char* name) {
    return std::string(vector.at(name).as_string());
}

std::string bytes(const boost::json::object& vector, const char* name) {
    return from_hex(text(vector, name)).value();
}

Method method_named(const std::string& name) {
    if (name == "blowfish") return Method::Blowfish;
    return name == "aes" ? Method::Aes : Method::AesIv;
}

Method layout_of(Method method) {
    return method == Method::AesIv ? Method::AesIv : Method::Aes;
}

// Bytes of another build of zlib differ.
bool has_the_zlib_of_the_vectors() {
    return std::string_view(zlibVersion()).find("ng") == std::string_view::npos;
}

}  // namespace

TEST_CASE("what agents seal is opened and what managers seal is sealed alike, byte for byte") {
    std::size_t seen = 0;
    for (const auto& value : vectors().at("vectors").as_array()) {
        const auto& vector = value.as_object();
        CAPTURE(text(vector, "name"));
        const Method method = method_named(text(vector, "method"));
        const std::string keys = key_text(key_of_line(text(vector, "client_keys")));
        CHECK(keys == text(vector, "key47_ascii"));
        std::string wire = bytes(vector, "wire_hex");
        const auto* prefix = vector.if_contains("prefix_ascii");
        if (prefix != nullptr && prefix->is_string()) wire.erase(0, prefix->as_string().size());
        const Counter counter{vector.at("global").to_number<std::uint32_t>(),
                              vector.at("local").to_number<std::uint32_t>()};

        const auto opened = open_block(wire, keys, layout_of(method));
        REQUIRE(opened.has_value());
        CHECK(opened->method == method);
        CHECK(opened->counter == counter);
        CHECK(opened->payload == bytes(vector, "payload_hex"));

        const std::string inner = inner_text(opened->payload, counter, vector.at("rand").to_number<unsigned>());
        std::string compressed = compress(inner);
        // The largest one comes without its parts.
        if (vector.at("inner_hex").is_string()) {
            CHECK(inner == bytes(vector, "inner_hex"));
            if (has_the_zlib_of_the_vectors()) CHECK(compressed == bytes(vector, "zlib_hex"));
            compressed = bytes(vector, "zlib_hex");
        } else if (!has_the_zlib_of_the_vectors()) {
            continue;
        }
        CHECK(seal_compressed(compressed, keys, method, bytes(vector, "iv_hex")) == wire);
        ++seen;
    }
    CHECK(seen >= 40);
}

TEST_CASE("what a receiver must refuse is refused") {
    std::size_t refused = 0;
    for (const auto& value : vectors().at("acceptance").as_array()) {
        const auto& vector = value.as_object();
        CAPTURE(text(vector, "name"));
        const Method method = method_named(text(vector, "method"));
        const auto opened = open_block(bytes(vector, "wire_hex"), key_text(key_of_line(text(vector, "client_keys"))),
                                       layout_of(method));
        CHECK(opened.has_value() == (text(vector, "expect") == "ok"));
        if (!opened) ++refused;
    }
    CHECK(refused >= 8);
}

TEST_CASE("an agent of another layout or key is not understood") {
    const KeyEntry key{"001", "web01", "any", std::string(64, 'a')};
    const KeyEntry other{"001", "web01", "any", std::string(64, 'b')};
    for (const Method method : {Method::Blowfish, Method::Aes, Method::AesIv}) {
        CAPTURE(name_of(method));
        const std::string block = seal_block("#!-agent startup ", key_text(key), method, {0, 1});
        CHECK(open_block(block, key_text(key), layout_of(method))->payload == "#!-agent startup ");
        CHECK_FALSE(open_block(block, key_text(other), layout_of(method)));
        if (method == Method::Blowfish) continue;
        CHECK_FALSE(open_block(block, key_text(key), method == Method::Aes ? Method::AesIv : Method::Aes));
    }
}

TEST_CASE("the counter carries at 9997") {
    Counter counter{3, 9996};
    counter.advance();
    CHECK(counter == Counter{3, 9997});
    counter.advance();
    CHECK(counter == Counter{4, 1});
}
