// SPDX-License-Identifier: Apache-2.0
#include "src/request/child_input.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using riposte::Document;
using riposte::split_extra_args;
using riposte::test::Words;

namespace {

Document sample_alert() {
    return *Document::parse(
        R"({"data":{"srcip":"203.0.113.9","port":22,"quoted":"a \"b\" 'c' d","option":"-rf","empty":"","hyphen":"-",)"
        R"("brace":"{data.srcip}","nul":"a\u0000b","flag":true,"list":["x"],"none":null},"rule.id":"5716"})");
}

Words split(const std::string& text) {
    const auto arguments = split_extra_args(text, sample_alert());
    REQUIRE_MESSAGE(arguments.has_value(), text);
    return *arguments;
}

std::string split_error(const std::string& text) {
    const auto arguments = split_extra_args(text, sample_alert());
    return arguments ? "no error" : arguments.error().text();
}

}  // namespace

TEST_CASE("extra arguments are split at white space with quotes and backslashes understood") {
    const std::vector<std::pair<std::string, Words>> cases{
        {"", {}},
        {" \t\n ", {}},
        {"a", {"a"}},
        {"  a   b\tc\n", {"a", "b", "c"}},
        {R"("a b" c)", {"a b", "c"}},
        {R"('a b' c)", {"a b", "c"}},
        {R"(a"b c"d)", {"ab cd"}},
        {R"("" '')", {"", ""}},
        {R"(a\ b)", {"a b"}},
        {R"(\"a)", {"\"a"}},
        {R"("a\"b")", {"a\"b"}},
        {R"('a\b')", {"a\\b"}},
        {R"("it's")", {"it's"}},
        {R"('say "x"')", {"say \"x\""}},
        {R"(C:\\x)", {"C:\\x"}},
        {"$HOME `id` ;reboot", {"$HOME", "`id`", ";reboot"}},
        {"--full-scan -x", {"--full-scan", "-x"}},
    };
    for (const auto& entry : cases) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        CHECK(split(text) == expected);
    }
}

TEST_CASE("a reference is replaced inside its argument and never split again") {
    CHECK(split("{data.srcip}") == Words{"203.0.113.9"});
    CHECK(split("--ip={data.srcip} {data.port}") == Words{"--ip=203.0.113.9", "22"});
    CHECK(split("{data.quoted}") == Words{"a \"b\" 'c' d"});
    CHECK(split("[{data.srcip}]:{data.port}") == Words{"[203.0.113.9]:22"});
    CHECK(split("{data.empty}") == Words{""});
    CHECK(split("{rule.id}") == Words{"5716"});
    CHECK(split("'{data.srcip} x'") == Words{"203.0.113.9 x"});
    CHECK(split("{data.brace}") == Words{"{data.srcip}"});
}

TEST_CASE("a brace can be written") {
    CHECK(split("{{data.srcip}") == Words{"{data.srcip}"});
    CHECK(split(R"(\{data.srcip})") == Words{"{data.srcip}"});
    CHECK(split("}") == Words{"}"});
    CHECK(split("{{{data.port}}}") == Words{"{22}}"});
}

TEST_CASE("an alert's value never becomes an option") {
    CHECK(split_error("{data.option}").find("option") != std::string::npos);
    CHECK(split_error("{data.empty}{data.option}").find("option") != std::string::npos);
    CHECK(split_error("{data.hyphen}x").find("option") != std::string::npos);
    CHECK(split("{data.hyphen}") == Words{"-"});
    CHECK(split("--name={data.option}") == Words{"--name=-rf"});
    CHECK(split("-{data.option}") == Words{"--rf"});
}

TEST_CASE("extra arguments that cannot be understood are refused with the reason") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"\"a", "open quote"},          {"'a", "open quote"},         {"a'b\" c", "open quote"},
        {"a\\", "backslash"},           {"{data.srcip", "no }"},      {"{", "no }"},
        {"{data.absent}", "names no"},  {"{}", "names no"},           {"{data}", "no string or number"},
        {"{data.flag}", "no string"},   {"{data.list}", "no string"}, {"{data.none}", "no string"},
        {"{data.srcip.x}", "names no"}, {"{data.nul}", "NUL"},        {"{{{data.srcip", "no }"},
    };
    for (const auto& entry : cases) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        CHECK_MESSAGE(split_error(text).find(expected) != std::string::npos, split_error(text));
    }
}

TEST_CASE("references cannot make the arguments grow without end") {
    const Document large = *Document::parse("{\"a\":\"" + std::string(60'000, 'x') + "\"}");
    CHECK(split_extra_args("{a} {a}", large).has_value());
    const auto refused = split_extra_args("{a} {a} {a}", large);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().text().find("128 KiB") != std::string::npos);
    CHECK_FALSE(split_extra_args("{a}{a}{a}", large).has_value());
}
