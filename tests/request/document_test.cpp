// SPDX-License-Identifier: Apache-2.0
#include "src/request/document.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using riposte::Document;

namespace {

Document parse(const std::string& text) {
    auto document = Document::parse(text);
    REQUIRE_MESSAGE(document.has_value(), text);
    return *document;
}

std::string again(const std::string& text) {
    return parse(text).serialize();
}

std::string parse_error(const std::string& text) {
    std::size_t consumed = 0;
    const auto document = Document::parse(text, &consumed);
    return document ? "no error" : document.error().text();
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("a document passes through unchanged") {
    const std::vector<std::string> cases{
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "1.0",
        "1.50",
        "1e5",
        "1E+5",
        "1e-7",
        "0.1000000000000000055511151231257827",
        "123456789012345678901234567890",
        "-123456789012345678901234567890.0",
        "18446744073709551615",
        "1e300",
        "\"\"",
        "\"a\"",
        "[]",
        "{}",
        R"({"b":1,"a":2,"b":3})",
        R"([[],{},[{}],"",null])",
        R"({"":""})",
        R"("\u0000\u001f\b\f\n\r\t\"\\/")",
        R"("\\x21")",
        "\"\u00e9\u20ac\U0001F600\"",
        "{\"\u00e9\":[1,2.0,\"x\"]}",
    };
    for (const auto& text : cases) {
        CAPTURE(text);
        CHECK(again(text) == text);
    }
}

TEST_CASE("escapes are read and white space goes") {
    CHECK(parse(R"("\u00e9\ud83d\ude00\/\u0041")").text() == "\u00e9\U0001F600/A");
    CHECK(again(" { \"a\" : [ 1 , 2 ] ,\n\t\"b\" : \"c d\" } \r\n") == R"({"a":[1,2],"b":"c d"})");
    CHECK(again(R"("\u007f\u2028")") == "\"\x7f\u2028\"");
    CHECK(parse(R"(["a\u0000b"])").items().front().text() == std::string("a\0b", 3));
}

TEST_CASE("numbers keep their text however long it is") {
    const std::string long_number = "1" + std::string(5000, '0') + "." + std::string(5000, '9');
    CHECK(again("[" + long_number + "]") == "[" + long_number + "]");
    CHECK(parse(R"({"timeout":600.0})").find("timeout")->text() == "600.0");
}

TEST_CASE("where a value ended is told and what follows is left alone") {
    std::size_t consumed = 0;
    const std::string text = R"( {"a":1} - null (from_the_server) (no_rule_id))";
    const auto document = Document::parse(text, &consumed);
    REQUIRE(document.has_value());
    CHECK(document->serialize() == R"({"a":1})");
    CHECK(text.substr(consumed).starts_with("- null"));
    CHECK_FALSE(Document::parse(text).has_value());
    CHECK(Document::parse("{\"a\":1}\n").has_value());
    REQUIRE(Document::parse("[1]]", &consumed).has_value());
    CHECK(consumed == 3);
    REQUIRE(Document::parse("{}", &consumed).has_value());
    CHECK(consumed == 2);
}

TEST_CASE("what is no JSON is refused with the reason and the place") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "empty"},
        {"  ", "truncated"},
        {"{", "truncated"},
        {"{\"a\"", "truncated"},
        {"{\"a\":", "truncated"},
        {"{\"a\":1", "truncated"},
        {"[1,", "truncated"},
        {"\"abc", "truncated"},
        {"\"abc\\", "truncated"},
        {"\"\\u12", "truncated"},
        {"tru", "truncated"},
        {"{\"a\":1,}", "not valid JSON"},
        {"{a:1}", "byte 1"},
        {"{'a':1}", "not valid JSON"},
        {"[1 2]", "byte 3"},
        {"[01]", "not valid JSON"},
        {"[+1]", "not valid JSON"},
        {"[.5]", "not valid JSON"},
        {"[1.]", "not valid JSON"},
        {"[NaN]", "not valid JSON"},
        {"[Infinity]", "not valid JSON"},
        {"/* c */ {}", "not valid JSON"},
        {"\"a\nb\"", "not valid JSON"},
        {"\"\\x21\"", "not valid JSON"},
        {"\"\\ud800\"", "not valid JSON"},
        {"\"\\udc00\"", "not valid JSON"},
        {"\"\\ud800\\u0041\"", "not valid JSON"},
        {"\"\xff\"", "invalid UTF-8 at byte 1"},
        {"{\"\xc3\x28\":1}", "invalid UTF-8 at byte 2"},
        {"\"ab\xc0\xaf\"", "invalid UTF-8 at byte 3"},
        {"\"\xed\xa0\x80\"", "invalid UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "invalid UTF-8"},
        {"\"\xe2\x82\"", "invalid UTF-8"},
        {"\"\xe2\x82", "invalid UTF-8"},
    };
    for (const auto& entry : cases) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        CHECK_MESSAGE(parse_error(text).find(expected) != std::string::npos, parse_error(text));
    }
}

TEST_CASE("nesting is limited to 128") {
    CHECK(again(nested(128)) == nested(128));
    CHECK(parse_error(nested(129)).find("nested over 128 deep") != std::string::npos);
    CHECK(parse_error(nested(100'000)).find("nested over 128 deep") != std::string::npos);
    CHECK(parse_error(std::string(100'000, '[')).find("nested over 128 deep") != std::string::npos);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(parse_error(objects).find("nested over 128 deep") != std::string::npos);
}

TEST_CASE("members are found, counted and replaced") {
    Document document = parse(R"({"a":1,"b":{"c":{"d":"deep"}},"a":2,"x.y":"flat","b.c":"hidden"})");
    CHECK(document.find("a")->text() == "1");
    CHECK(document.count("a") == 2);
    CHECK(document.count("z") == 0);
    CHECK(document.find("z") == nullptr);
    CHECK(document.find_path("b.c.d")->text() == "deep");
    CHECK(document.find_path("x.y")->text() == "flat");
    CHECK(document.find_path("b.c.e") == nullptr);
    CHECK(document.find_path("a.b") == nullptr);
    CHECK(document.find_path("") == nullptr);
    CHECK(document.find_path("b.") == nullptr);
    document.set("b", Document::number("7"));
    document.set("new", Document::string("n"));
    CHECK(document.serialize() == R"({"a":1,"b":7,"a":2,"x.y":"flat","b.c":"hidden","new":"n"})");
    CHECK(document.find_path("b.c")->text() == "hidden");
}

TEST_CASE("a null document becomes what is put into it") {
    Document object;
    object.set("a", Document::boolean(true)).is_null();
    object.append("a", Document::boolean(false));
    CHECK(object.serialize() == R"({"a":true,"a":false})");
    Document array;
    array.add(Document());
    CHECK(array.serialize() == "[null]");
    CHECK(Document::object().serialize() == "{}");
}

TEST_CASE("a serialised document is one line whatever it holds") {
    std::string all;
    for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
    const std::string text = Document::object().set("k", Document::string(all)).serialize();
    CHECK(text.find('\n') == std::string::npos);
    CHECK(parse(text).text() == all);
}

TEST_CASE("a document of many small members costs no more than its length") {
    // Processor time, and the least of some: what else runs here does not count.
    const auto cost = [](std::size_t size) {
        std::string text = "{\"m\":{";
        while (text.size() < size) text += "\"" + std::to_string(text.size()) + "\":1,";
        text += "\"last\":1}}";
        std::clock_t least = std::numeric_limits<std::clock_t>::max();
        for (int i = 0; i < 5; ++i) {
            const std::clock_t start = std::clock();
            for (int j = 0; j < 5; ++j) CHECK(parse(text).find("m")->find("last") != nullptr);
            least = std::min(least, std::clock() - start);
        }
        return static_cast<double>(least) + 1;
    };
    // 16 times as long: some 16 times the work, and 256 times if each member were compared with all others.
    CHECK(cost(480'000) / cost(30'000) < 80);
}
