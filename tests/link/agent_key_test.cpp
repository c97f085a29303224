// SPDX-License-Identifier: Apache-2.0
#include "src/link/agent_key.h"

#include "src/link/crypto.h"
#include "tests/link/sample_keys.h"
#include "tests/support/result.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace riposte;
using riposte::test::error_text;
using riposte::test::kAgentKey;

namespace {

const std::string kLine = "001 web01 any " + kAgentKey;

}  // namespace

TEST_CASE("a line of client.keys is four fields, and is written as it was read") {
    const auto key = parse_agent_key(kLine);
    REQUIRE(key.has_value());
    CHECK(key->id == "001");
    CHECK(key->name == "web01");
    CHECK(key->ip == "any");
    CHECK(key->key.view() == kAgentKey);
    CHECK(client_keys_line(*key).view() == kLine + "\n");
    for (const std::string ip : {"any", "192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/32",
                                 "2001:0DB8:0000:0000:0000:0000:0000:0007/128"}) {
        CAPTURE(ip);
        CHECK(parse_agent_key("7 a_B-c.d " + ip + " k").has_value());
    }
}

TEST_CASE("a line that is no key is refused, and the reason holds nothing of it") {
    const std::pair<std::string, std::string> cases[] = {
        {"", "four fields"},
        {"001 web01 any", "four fields"},
        {"001 web01 any key more", "four fields"},
        {"001  web01 any key", "four fields"},
        {"001 web01 any ", "the key is empty"},
        {" web01 any key", "id"},
        {"123456789 web01 any key", "1 to 8 digits"},
        {"0x1 web01 any key", "1 to 8 digits"},
        {"001 w any key", "2 to 127"},
        {"001 " + std::string(128, 'n') + " any key", "2 to 127"},
        {"001 .web any key", "dot"},
        {"001 we/b any key", "characters"},
        {"001 we\xC3\xA4 any key", "characters"},
        {"001 web01 anybody key", "address"},
        {"001 web01 192.0.2.300 key", "address"},
        {"001 web01 192.0.2.0/33 key", "address"},
        {"001 web01 any " + std::string(128, 'k'), "127"},
        {"001 web01 any s\xC3\xA4"
         "cret",
         "the key"},
        {"001 web01 any sec\tret", "the key"},
    };
    for (const auto& each : cases) {
        const auto& line = each.first;
        const auto& part = each.second;
        CAPTURE(line);
        const auto key = parse_agent_key(line);
        REQUIRE_FALSE(key.has_value());
        CHECK(error_text(key).find(part) != std::string::npos);
        CHECK(error_text(key).find("cret") == std::string::npos);
    }
}

TEST_CASE("the first valid line of a client.keys counts") {
    const std::string text = "# a comment\n\n 002 indented any k\n003 !removed any k\n004 #removed any k\nnonsense\n" +
                             kLine + "\r\n005 other any k\n";
    const auto key = parse_client_keys(text);
    REQUIRE(key.has_value());
    CHECK(key->id == "001");
    CHECK(key->key.view() == kAgentKey);
    CHECK(parse_client_keys(kLine).has_value());
}

TEST_CASE("a client.keys without a key tells why") {
    CHECK(error_text(parse_client_keys("")) == "there is no agent's key in it");
    CHECK(error_text(parse_client_keys("# none\n003 !removed any k\n")) == "there is no agent's key in it");
    CHECK(error_text(parse_client_keys("\n001 w any k\nnonsense\n")).starts_with("line 2: the agent's name"));
    CHECK(error_text(parse_client_keys(std::string(kMaxClientKeysBytes, '\n'))) == "there is no agent's key in it");
    CHECK(error_text(parse_client_keys(std::string(kMaxClientKeysBytes + 1, '\n'))).find("1 MiB") != std::string::npos);
}

TEST_CASE("the ciphers' key depends on id, name and key as they are written") {
    const auto derived = [](const std::string& line) {
        const auto key = parse_agent_key(line);
        REQUIRE(key.has_value());
        const auto secret = derive_cipher_key(*key);
        REQUIRE(secret.has_value());
        return std::string(secret->view());
    };
    CHECK(derived(kLine) == "29f74e19334f9c82e4c3fa5999e701f755ca7fce424e2b9");
    CHECK(derived("001 web01 192.0.2.7 " + kAgentKey) == derived(kLine));
    CHECK(derived("01 web01 any " + kAgentKey) != derived(kLine));
    CHECK(derived("001 web02 any " + kAgentKey) != derived(kLine));
}

TEST_CASE("the hash of a key is SHA-1 over id, name and key") {
    const auto key = parse_agent_key(kLine);
    REQUIRE(key.has_value());
    const auto hash = agent_key_hash(*key);
    const auto expected = sha1_hex("001web01" + kAgentKey);
    REQUIRE(hash.has_value());
    REQUIRE(expected.has_value());
    CHECK(*hash == *expected);
    CHECK(hash->size() == 40);
}
