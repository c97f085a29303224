// SPDX-License-Identifier: Apache-2.0
#include "src/cli/command_line.h"

#include "src/cli/rows.h"
#include "tests/cli/typed.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using riposte::testing::type;
using riposte::testing::Typed;

namespace {

Subcommand sample() {
    Subcommand subcommand;
    subcommand.name = "sample";
    subcommand.summary = "a sample";
    subcommand.options = {{"srcip", "ADDRESS", "an address"}, {"arg", "TEXT", "more", true}, {"all", "", "everything"}};
    subcommand.max_positional = 2;
    return subcommand;
}

}  // namespace

TEST_CASE("options take their value behind a space or an equals sign") {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--srcip", "192.0.2.1"}, std::vector<std::string>{"--srcip=192.0.2.1"}}) {
        const auto arguments = parse_arguments(sample(), words);
        REQUIRE(arguments.has_value());
        CHECK(arguments->get("srcip") == "192.0.2.1");
        CHECK(arguments->positional().empty());
    }
}

TEST_CASE("positional words, flags and options mix in any order") {
    const auto arguments = parse_arguments(sample(), {"one", "--all", "--arg", "-x", "two", "--arg=--y"});
    REQUIRE(arguments.has_value());
    CHECK(arguments->positional() == std::vector<std::string>{"one", "two"});
    CHECK(arguments->has("all"));
    CHECK_FALSE(arguments->has("srcip"));
    CHECK(arguments->all("arg") == std::vector<std::string>{"-x", "--y"});
}

TEST_CASE("a negative duration and a lone dash are no options") {
    const auto arguments = parse_arguments(sample(), {"-5m", "-"});
    REQUIRE(arguments.has_value());
    CHECK(arguments->positional() == std::vector<std::string>{"-5m", "-"});
}

TEST_CASE("what stands behind two dashes is no option") {
    const auto arguments = parse_arguments(sample(), {"--", "--all"});
    REQUIRE(arguments.has_value());
    CHECK(arguments->positional() == std::vector<std::string>{"--all"});
    CHECK_FALSE(arguments->has("all"));
}

TEST_CASE("wrong options are named, with what was surely meant") {
    struct Case {
        std::vector<std::string> words;
        const char* says;
    };
    for (const Case& one :
         {Case{{"--srcpi", "x"}, "did you mean --srcip?"}, Case{{"--colour"}, "has no option \"--colour\""},
          Case{{"--srcip"}, "needs a value"}, Case{{"--srcip", "a", "--srcip", "b"}, "given twice"},
          Case{{"--all=yes"}, "takes no value"}, Case{{"a", "b", "c"}, "does not take \"c\""}}) {
        CAPTURE(one.words.front());
        const auto arguments = parse_arguments(sample(), one.words);
        REQUIRE_FALSE(arguments.has_value());
        CHECK(arguments.error().text().find(one.says) != std::string::npos);
    }
}

TEST_CASE("an unknown subcommand is named, with the nearest one") {
    const Typed typed = type({"pendign"});
    CHECK(typed.code == kBadUsage);
    CHECK(typed.out.empty());
    CHECK(typed.err.find("\"pendign\"; did you mean riposte pending?") != std::string::npos);
    CHECK(type({"xyzzyplugh"}).err.find("did you mean") == std::string::npos);
}

TEST_CASE("a hostile subcommand name cannot reach the terminal") {
    const Typed typed = type({"\x1b[2Jrun"});
    CHECK(typed.code == kBadUsage);
    CHECK(typed.err.find('\x1b') == std::string::npos);
}

TEST_CASE("without a subcommand the overview comes with the code of bad usage") {
    const Typed typed = type({});
    CHECK(typed.code == kBadUsage);
    CHECK(typed.err.find("Usage: riposte SUBCOMMAND") != std::string::npos);
}

TEST_CASE("every subcommand has help with options, examples and exit codes") {
    for (const Subcommand& subcommand : all_subcommands()) {
        CAPTURE(subcommand.name);
        for (const auto& words :
             {std::vector<std::string>{"help", subcommand.name}, std::vector<std::string>{subcommand.name, "--help"},
              std::vector<std::string>{subcommand.name, "-h"}}) {
            const Typed typed = type(words);
            CHECK(typed.code == kDone);
            CHECK(typed.err.empty());
            CHECK(typed.out.starts_with("riposte " + subcommand.name + ": "));
            CHECK(typed.out.find("\nExamples:\n  riposte ") != std::string::npos);
            CHECK(typed.out.find("Exit codes: 0 done") != std::string::npos);
            for (const OptionSpec& option : subcommand.options) {
                CHECK(typed.out.find("--" + option.name) != std::string::npos);
            }
        }
        CHECK(type({"help"}).out.find("\n  " + subcommand.name + " ") != std::string::npos);
    }
}

TEST_CASE("the version is one line") {
    const Typed typed = type({"--version"});
    CHECK(typed.code == kDone);
    CHECK(typed.out == "riposte " RIPOSTE_VERSION "\n");
}

TEST_CASE("the nearest word is a typing mistake away and no further") {
    const std::vector<std::string> words{"pending", "history", "undo", "run"};
    CHECK(nearest("histroy", words) == "history");
    CHECK(nearest("unod", words) == "undo");
    CHECK_FALSE(nearest("supercalifragilistic", words).has_value());
    CHECK_FALSE(nearest(std::string(100'000, 'p'), words).has_value());
}

TEST_CASE("durations of the command line have a sign and a unit") {
    struct Case {
        const char* text;
        std::optional<std::int64_t> ms;
    };
    for (const Case& one :
         {Case{"10m", 600'000}, Case{"+1h", 3'600'000}, Case{"-5m", -300'000}, Case{"90", 90'000},
          Case{"2d", 172'800'000}, Case{"", std::nullopt}, Case{"-", std::nullopt}, Case{"--5m", std::nullopt},
          Case{"5x", std::nullopt}, Case{"1.5h", std::nullopt}, Case{"99999999999999999999d", std::nullopt}}) {
        CAPTURE(std::string(one.text));
        CHECK(parse_signed_duration(one.text) == one.ms);
    }
}

TEST_CASE("an action's number is a positive whole number") {
    CHECK(parse_id("42") == 42);
    CHECK(parse_id("#42") == 42);
    for (const char* text : {"", "#", "0", "-1", "4x", " 4", "99999999999999999999"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(parse_id(text).has_value());
    }
}
