// SPDX-License-Identifier: Apache-2.0
#include "src/action/key.h"

#include "src/action/action.h"
#include "src/action/record_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;

namespace {

std::string hex(const Key::Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

}  // namespace

TEST_CASE("keys that differ only in where their parts are joined have different digests") {
    const std::vector<Key> keys{
        {"drop", Key::Kind::Named, {"a", "b"}}, {"drop", Key::Kind::Named, {"a-b"}},
        {"drop", Key::Kind::Named, {"ab"}},     {"drop", Key::Kind::Named, {"b", "a"}},
        {"drop", Key::Kind::Named, {"a"}},      {"drop", Key::Kind::Named, {}},
        {"drop", Key::Kind::Named, {""}},       {"drop", Key::Kind::Alert, {"a", "b"}},
        {"dropa", Key::Kind::Named, {"b"}},     {"", Key::Kind::Named, {"drop", "a", "b"}},
    };
    for (const Key& left : keys)
        for (const Key& right : keys) CHECK((left.digest() == right.digest()) == (left == right));
}

TEST_CASE("long keys that differ at their end have different digests") {
    Key left{"drop", Key::Kind::Named, {std::string(10'000, 'x') + "1"}};
    Key right{"drop", Key::Kind::Named, {std::string(10'000, 'x') + "2"}};
    CHECK(left.digest() != right.digest());
}

TEST_CASE("a digest stays the same from one version to the next, since ledgers hold it") {
    const Key key{"firewall-drop", Key::Kind::Named, {"203.0.113.7"}};
    CHECK(hex(key.digest()) == "49e4fbf14b9d99e593ecf79174372a82a55cdffc138710e2cff0e555f0843f5b");
}

TEST_CASE("key values survive the ledger's column whatever they hold") {
    const std::vector<std::vector<std::string>> lists{{},
                                                      {""},
                                                      {"a", "b"},
                                                      {"\"quoted\"", "back\\slash"},
                                                      {"new\nline", std::string("nul\0byte", 8)},
                                                      {"\xff not UTF-8"},
                                                      {"ü"}};
    for (const auto& list : lists) {
        CAPTURE(key_values_text(list));
        CHECK(key_values_from_text(key_values_text(list)) == list);
    }
    CHECK(key_values_from_text("[1]").empty());
    CHECK(key_values_from_text("{").empty());
}

TEST_CASE("cutting text to size leaves whole UTF-8 sequences") {
    CHECK(first_part("abc", 3) == "abc");
    CHECK(first_part("abcd", 3) == "abc");
    CHECK(first_part("ab\u00fc", 3) == "ab");
    CHECK(last_part("abcd", 3) == "bcd");
    CHECK(last_part("\u00fcab", 3) == "ab");
    CHECK(last_part("\u00fcab", 4) == "\u00fcab");
}

TEST_CASE("an outcome is described in words for people") {
    CHECK(describe({}) == "success");
    CHECK(describe({Outcome::Kind::Failed, 3, 0, std::chrono::milliseconds(20), "", ""}) == "exit code 3");
    CHECK(describe({Outcome::Kind::Failed, 0, 9, std::chrono::milliseconds(20), "", ""}) == "signal 9");
    CHECK(describe({Outcome::Kind::Deadline, 0, 15, std::chrono::milliseconds(60'000), "", ""}) ==
          "deadline after 60 s");
    CHECK(describe({Outcome::Kind::Deadline, 0, 15, std::chrono::milliseconds(1'500), "", ""}) ==
          "deadline after 1.5 s");
    CHECK(describe({Outcome::Kind::NotStarted, 0, 0, {}, "the file is missing", ""}) ==
          "not started: the file is missing");
    CHECK(to_string(Outcome::Kind::AlreadyInForce) == "already_in_force");
    CHECK(to_string(Phase::Retrying) == "retrying");
}
