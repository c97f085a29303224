// SPDX-License-Identifier: Apache-2.0
#include "src/config/xml_tree.h"

#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using riposte::test::repeated;

namespace {

XmlElement tree(const std::string& text) {
    auto read = read_xml_tree(text);
    if (!read) FAIL("line " << read.error().line << ": " << read.error().what);
    return std::move(*read);
}

}  // namespace

TEST_CASE("elements know their lines, attributes and trimmed text") {
    const auto root = tree("<a>\n  <b key='v &lt; w'>\n    one &amp; <![CDATA[<two>]]>\n  </b>\n</a>\n<c/>\n");
    REQUIRE(root.children.size() == 2);
    CHECK(root.children[1].name == "c");
    CHECK(root.children[1].line == 6);
    CHECK(root.children[1].text_line == 0);
    REQUIRE(root.children[0].children.size() == 1);
    const XmlElement& b = root.children[0].children[0];
    CHECK(b.line == 2);
    CHECK(b.text == "one & <two>");
    CHECK(b.text_line == 3);
    REQUIRE(b.attributes.size() == 1);
    CHECK(b.attributes[0].first == "key");
    CHECK(b.attributes[0].second == "v < w");
}

TEST_CASE("several roots, declarations, comments and a byte order mark do not move lines") {
    const auto root = tree(
        "\xEF\xBB\xBF<?xml version=\"1.0\"\n encoding=\"ISO-8859-1\"?>\n<!-- one\n two -->\n<a/>\n"
        "<?xml version=\"1.0\"?>\n<b/>\n<!-- <?xml but no end --><c/>\n<d/><?other?>");
    REQUIRE(root.children.size() == 4);
    CHECK(root.children[0].line == 5);
    CHECK(root.children[1].line == 7);
    CHECK(root.children[2].line == 8);
    CHECK(root.children[3].line == 9);
}

TEST_CASE("CRLF line ends count as one line") {
    const auto root = tree("<a>\r\n<b>x\r\n</b>\r\n</a>");
    CHECK(root.children[0].children[0].line == 2);
    CHECK(root.children[0].children[0].text == "x");
}

TEST_CASE("what is no XML is explained with line and remedy") {
    const struct {
        std::string text;
        int line;
        std::string part;
    } cases[] = {
        {"<a>\n<b>x & y</b>\n</a>", 2, "&amp;"},
        {"<a>\n\n<b>x&y;</b>\n</a>", 3, "&y; is not known"},
        {"<a>\n<b>1 < 2</b>\n</a>", 2, "&lt;"},
        {"<a>\n<b>\\<QueryList></b>\n</a>", 2, "\"\\<\" that begins no tag"},
        {"<a>\n<b>C:\\</b>\n<c>x & y</c></a>", 3, "&amp;"},
        {"<a>\n<b>\\< 5</b>\n</a>", 2, "\"\\<\" that begins no tag"},
        {"<a>\n<!-- one -- two -->\n</a>", 2, "\"--\" stands inside a comment"},
        {"<a>\n<!-- one\n</a>\n", 2, "comment has no end"},
        {"<a>\n<b\n</a>", 2, "a tag has no end"},
        {"<a>\n<b key='x & y'/>\n</a>", 2, "&amp;"},
        {"<a>\n<b>x\x01</b>\n</a>", 2, "control character"},
        {"<a>\n<b>x</c>\n</a>", 2, "<b>, opened at line 2"},
        {"<a>\n<b>x\n", 3, "<b>, opened at line 2"},
        {"<a>\n</a>\n</a>\n", 3, "no opening tag"},
        {"<a>\n\xFF\n</a>", 2, "not UTF-8"},
        {std::string("<a>\n\0</a>", 9), 2, "byte of 0"},
        {std::string("\xFF\xFE<\0a\0", 6), 1, "UTF-16"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.text);
        const auto read = read_xml_tree(each.text);
        REQUIRE_FALSE(read.has_value());
        CAPTURE(read.error().what);
        CHECK(read.error().line == each.line);
        CHECK(read.error().what.find(each.part) != std::string::npos);
    }
}

TEST_CASE("document types and entities are refused, wherever they stand") {
    const std::string laughs =
        "<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n<!ENTITY lol2 "
        "\"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">\n"
        "<!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;\">\n]>\n<a>&lol3;</a>";
    const std::string external = "<!DOCTYPE a [<!ENTITY file SYSTEM \"file:///etc/passwd\">]>\n<a>&file;</a>";
    for (const auto& text : {laughs, external, "<?xml version=\"1.0\"?>" + laughs, "<a/>" + external}) {
        CAPTURE(text);
        const auto read = read_xml_tree(text);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().line == 1);
        CHECK(read.error().what.find("document types and entity declarations") != std::string::npos);
    }
}

TEST_CASE("depth and number of elements are bounded") {
    const auto nested = [](std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); };
    CHECK(read_xml_tree(nested(kMaxXmlDepth)).has_value());
    const auto deep = read_xml_tree("\n" + nested(kMaxXmlDepth + 1));
    REQUIRE_FALSE(deep.has_value());
    CHECK(deep.error().line == 2);
    CHECK(deep.error().what.find("nested over 32 deep") != std::string::npos);
    CHECK_FALSE(read_xml_tree(nested(200'000)).has_value());

    const auto many = read_xml_tree("<r>" + repeated("<a/>", kMaxXmlElements) + "</r>");
    REQUIRE_FALSE(many.has_value());
    CHECK(many.error().what.find("over 100000 elements") != std::string::npos);
}
