// SPDX-License-Identifier: Apache-2.0
#include "src/cli/table.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace riposte;

namespace {

Table two_columns() {
    return Table({{"ID", true}, {"NAME", false, true}, {"END"}});
}

const Terminal kFile{};
const Terminal kPlain{true, false, 80};

}  // namespace

TEST_CASE("columns are aligned and lines end without spaces") {
    Table table = two_columns();
    table.add({std::string("1"), std::string("short"), std::string("x")});
    table.add({std::string("1234"), std::string("a longer name"), std::string("")});
    CHECK(table.text(kFile) ==
          "  ID  NAME           END\n"
          "   1  short          x\n"
          "1234  a longer name\n");
}

TEST_CASE("a file gets every value whole, a narrow terminal gets it cut") {
    Table table = two_columns();
    const std::string name(100, 'n');
    table.add({std::string("1"), name, std::string("end")});
    CHECK(table.text(kFile).find(name) != std::string::npos);
    const std::string text = table.text({true, false, 40});
    CHECK(text.find(name) == std::string::npos);
    CHECK(text.find("nnn\xe2\x80\xa6") != std::string::npos);
    CHECK(text.find("end") != std::string::npos);
    std::size_t start = 0;
    for (std::size_t end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
        CHECK(display_width(text.substr(start, end - start)) <= 40);
    }
}

TEST_CASE("a column that may not shrink stays whole on the narrowest terminal") {
    Table table({{"STATE"}, {"KEY", false, true}});
    table.add({std::string(60, 's'), std::string("2001:db8::1")});
    CHECK(table.text({true, false, 20}).find(std::string(60, 's')) != std::string::npos);
}

TEST_CASE("colours are for terminals that show them only") {
    CHECK(coloured("text", Colour::Bad, kFile) == "text");
    CHECK(coloured("text", Colour::Bad, kPlain) == "text");
    CHECK(coloured("text", Colour::None, {true, true, 80}) == "text");
    CHECK(coloured("text", Colour::Bad, {true, true, 80}) == "\x1b[31mtext\x1b[0m");
    Table table({{"A"}});
    table.add({{"x", Colour::Good}});
    CHECK(table.text(kPlain).find('\x1b') == std::string::npos);
    CHECK(table.text({true, true, 80}).find("\x1b[32mx\x1b[0m") != std::string::npos);
}

TEST_CASE("a hostile value can neither move the cursor nor forge a line") {
    Table table({{"KEY"}});
    table.add({std::string("a\x1b[2J\nb\rc\x9b\x7f\xe2\x80\xae z")});
    const std::string text = table.text({true, true, 80});
    const std::string value = text.substr(text.find('\n') + 1);
    for (const char* bad : {"\x1b[2J", "\r", "\x7f", "\x9b", "\xe2\x80\xae"}) {
        CAPTURE(std::string(bad));
        CHECK(value.find(bad) == std::string::npos);
    }
    CHECK(value.find('\n') == value.size() - 1);
}

TEST_CASE("a huge value takes a bounded place") {
    CHECK(cell_text(std::string(1'000'000, 'x')).size() < 5000);
}

TEST_CASE("width counts characters and not bytes") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("\xc3\xa4\xe2\x82\xac") == 2);
}

TEST_CASE("durations read in two units at most") {
    struct Case {
        std::int64_t ms;
        const char* text;
    };
    for (const Case& one :
         {Case{0, "0s"}, Case{1, "1s"}, Case{999, "1s"}, Case{1000, "1s"}, Case{59'000, "59s"}, Case{59'001, "1m 00s"},
          Case{598'000, "9m 58s"}, Case{3'600'000, "1h 00m"}, Case{7'500'000, "2h 05m"}, Case{86'400'000, "1d 00h"},
          Case{356'400'000, "4d 03h"}, Case{-5'000, "-5s"}}) {
        CAPTURE(one.ms);
        CHECK(duration_text(one.ms) == one.text);
    }
    CHECK(!duration_text(std::numeric_limits<std::int64_t>::max()).empty());
    CHECK(duration_text(std::numeric_limits<std::int64_t>::min()).starts_with("-"));
}

TEST_CASE("a time of today needs no date, another day's does") {
    constexpr WallTime kNow = wall_time_of(1'700'000'000'000);
    CHECK(time_text(kNow, kNow).size() == 8);
    CHECK(time_text(kNow + std::chrono::days(3), kNow).size() == 19);
    CHECK(time_text(kNow + std::chrono::days(3), kNow).starts_with("2023-11-"));
}
