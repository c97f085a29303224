// SPDX-License-Identifier: Apache-2.0
// The lines are read back by models of their readers, written after the readers' documentation; on Windows the readers
// themselves are asked as well (tests/platform/windows/).
#include "platform/include/command_line.h"

#include "tests/platform/hostile_arguments.h"
#include "tests/platform/support.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string_view>

using namespace riposte;
using riposte::test::hostile_arguments;
using riposte::test::HostileArgument;
using riposte::test::Words;

namespace {

constexpr std::string_view kCmd = "C:\\Windows\\System32\\cmd.exe";
constexpr std::string_view kBatchFile = "C:\\Program Files (x86)\\ossec-agent\\active-response\\bin\\a & b.cmd";

bool is_blank(char character) {
    return character == ' ' || character == '\t';
}

// "Parsing C command-line arguments" of Microsoft's, its rule for two quotes in a row included.
Words c_runtime_words(std::string_view line) {
    Words words(1);
    std::size_t at = 0;
    bool quoted = false;
    for (; at < line.size() && (quoted || !is_blank(line[at])); ++at) {
        if (line[at] == '"')
            quoted = !quoted;
        else
            words[0] += line[at];
    }
    while (true) {
        while (at < line.size() && is_blank(line[at])) ++at;
        if (at == line.size()) return words;
        std::string& word = words.emplace_back();
        for (quoted = false; at < line.size() && (quoted || !is_blank(line[at])); ++at) {
            std::size_t backslashes = 0;
            while (at < line.size() && line[at] == '\\') ++backslashes, ++at;
            const bool before_quote = at < line.size() && line[at] == '"';
            word.append(before_quote ? backslashes / 2 : backslashes, '\\');
            if (before_quote && backslashes % 2 == 1) {
                word += '"';
            } else if (before_quote && quoted && at + 1 < line.size() && line[at + 1] == '"') {
                word += '"';
                ++at;
            } else if (before_quote) {
                quoted = !quoted;
            } else if (at < line.size() && (quoted || !is_blank(line[at]))) {
                word += line[at];
            } else {
                --at;  // a blank after backslashes ends the word
            }
        }
    }
}

// Models the first two phases of cmd.exe: it substitutes variables, then looks for operators outside quotes. The text
// is no longer one command if it contains an operator or an escape outside quotes, or the end of a line anywhere.
struct Phases {
    std::string text;
    bool is_one_command = true;
};

Phases read_command(std::string_view line, bool is_batch) {
    Phases result;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const std::size_t close = line[at] == '%' ? line.find('%', at + 1) : std::string_view::npos;
        if (line[at] == '%' && is_batch && at + 1 == close) {
            result.text += '%';
            at = close;
        } else if (close != std::string_view::npos && line.substr(at + 1, close - at - 1).starts_with("SECRET")) {
            result.text += "\" & echo INJECTED";
            at = close;
        } else if (line[at] != '%' || !is_batch) {
            result.text += line[at];
        }
    }
    bool quoted = false;
    for (const char character : result.text) {
        if (character == '\n' || character == '\r' || character == '\x1a') result.is_one_command = false;
        if (character == '"')
            quoted = !quoted;
        else if (!quoted && std::string_view("&|<>^()").find(character) != std::string_view::npos)
            result.is_one_command = false;
    }
    return result;
}

// The words that a batch file sees as %0, %1 and so on, with their quotes. Blanks, commas, semicolons and equals signs
// outside quotes separate them.
Words batch_words(std::string_view command) {
    Words words;
    bool quoted = false;
    bool in_word = false;
    for (const char character : command) {
        if (character == '"') quoted = !quoted;
        if (!quoted && std::string_view(" \t,;=").find(character) != std::string_view::npos) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        words.back() += character;
    }
    return words;
}

std::string without_quotes(const std::string& word) {
    return word.size() >= 2 && word.front() == '"' && word.back() == '"' ? word.substr(1, word.size() - 2) : word;
}

// The command that cmd.exe takes from its command line with /s: the text behind /c, without the first and the last
// quote.
std::string batch_command(const std::string& line) {
    const std::string switches = "\"" + std::string(kCmd) + "\" /d /e:on /v:off /s /c \"";
    REQUIRE(line.starts_with(switches));
    REQUIRE(line.ends_with('"'));
    return line.substr(switches.size(), line.size() - switches.size() - 1);
}

std::string random_text(std::mt19937& random) {
    constexpr std::string_view kAlphabet = "ab\\\\\\\"\"\" \t&^|%!',;=-";
    std::string text(std::uniform_int_distribution<std::size_t>(0, 12)(random), ' ');
    for (char& character : text) {
        character = kAlphabet[std::uniform_int_distribution<std::size_t>(0, kAlphabet.size() - 1)(random)];
    }
    return text;
}

}  // namespace

TEST_CASE("the model of the C runtime reads the examples of its documentation") {
    CHECK(c_runtime_words("x \"a b c\" d e") == Words{"x", "a b c", "d", "e"});
    CHECK(c_runtime_words("x \"ab\\\"c\" \"\\\\\" d") == Words{"x", "ab\"c", "\\", "d"});
    CHECK(c_runtime_words("x a\\\\\\b d\"e f\"g h") == Words{"x", "a\\\\\\b", "de fg", "h"});
    CHECK(c_runtime_words("x a\\\\\\\"b c d") == Words{"x", "a\\\"b", "c", "d"});
    CHECK(c_runtime_words("x a\\\\\\\\\"b c\" d e") == Words{"x", "a\\\\b c", "d", "e"});
    CHECK(c_runtime_words("x a\"b\"\" c d") == Words{"x", "ab\" c d"});
    CHECK(c_runtime_words("\"C:\\a b\\\" c\\ d\\") == Words{"C:\\a b\\", "c\\", "d\\"});
}

TEST_CASE("a program gets every argument back as it was") {
    Words all{"C:\\Program Files\\x\\"};
    for (const HostileArgument& argument : hostile_arguments()) {
        CAPTURE(argument.text);
        all.push_back(argument.text);
        const Words three{"name", argument.text, "end"};
        const auto line = c_runtime_command_line(three);
        REQUIRE(line);
        CHECK(c_runtime_words(*line) == three);
    }
    const auto line = c_runtime_command_line(all);
    REQUIRE(line);
    CHECK(c_runtime_words(*line) == all);
    CHECK(*c_runtime_command_line({"a"}) == "\"a\"");
    CHECK(*c_runtime_command_line({"a", "add", "-", "10.0.0.1", "C:\\x"}) == "\"a\" add - 10.0.0.1 C:\\x");
    CHECK(c_runtime_words(*c_runtime_command_line({})) == Words{""});
}

TEST_CASE("a program gets ten thousand random argument lists back as they were") {
    std::mt19937 random(20240409);
    for (int round = 0; round < 10000; ++round) {
        const Words words{"x", random_text(random), random_text(random), random_text(random)};
        CAPTURE(words);
        const auto line = c_runtime_command_line(words);
        REQUIRE(line);
        REQUIRE(c_runtime_words(*line) == words);
    }
}

TEST_CASE("a name with a quote, and a line that is too long, are refused") {
    const auto quote = c_runtime_command_line({"a\"b"});
    REQUIRE_FALSE(quote);
    CHECK(quote.error().code == std::errc::invalid_argument);
    CHECK(c_runtime_command_line({"x", std::string(32766 - 4, 'a')}));
    const auto too_long = c_runtime_command_line({"x", std::string(32766 - 3, 'a')});
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == std::errc::argument_list_too_long);
    CHECK(batch_command_line(kCmd, kBatchFile, {std::string(7900, 'a')}));
    const auto long_batch = batch_command_line(kCmd, kBatchFile, {std::string(8190, 'a')});
    REQUIRE_FALSE(long_batch);
    CHECK(long_batch.error().code == std::errc::argument_list_too_long);
}

TEST_CASE("the model of cmd.exe finds what breaks out") {
    CHECK(read_command("\"a&b\"", false).is_one_command);
    for (const char* line : {"a&b", "\"a\"&b", "a^b", "\"%SECRET%\"", "\"%%SECRET%%\"", "a\nb", "(a", "a>b"}) {
        CAPTURE(line);
        CHECK_FALSE(read_command(line, false).is_one_command);
    }
    CHECK(read_command("%%SECRET%%", true).text == "%SECRET%");
    CHECK(batch_words("\"x\" a,\"b,c\";d") == Words{"\"x\"", "a", "\"b,c\"", "d"});
}

TEST_CASE("a batch file gets every argument that it can get, and no command, variable or argument more") {
    int refused = 0;
    for (const HostileArgument& argument : hostile_arguments()) {
        CAPTURE(argument.text);
        const auto line = batch_command_line(kCmd, kBatchFile, {"add", argument.text, "end"});
        CHECK(line.has_value() != argument.batch_refuses);
        if (!line) {
            CHECK(line.error().code == std::errc::invalid_argument);
            CHECK(line.error().what.find("argument 2") != std::string::npos);
            ++refused;
            continue;
        }
        const Phases command = read_command(batch_command(*line), false);
        CHECK(command.is_one_command);
        const Words words = batch_words(command.text);
        REQUIRE(words.size() == 4);
        CHECK(without_quotes(words[0]) == kBatchFile);
        CHECK(words[1] == "add");
        CHECK(words[3] == "end");
        CHECK(without_quotes(words[2]) == argument.in_batch);
        // In the script: put in for %1, for "%~1", and by a `call`, which reads the line twice.
        for (const std::string& in_script :
             {"program " + words[2] + " end", "program \"" + without_quotes(words[2]) + "\" end"}) {
            const Phases once = read_command(in_script, true);
            CHECK(once.is_one_command);
            CHECK(once.text == in_script);
            const Phases twice = read_command(once.text, true);
            CHECK(twice.is_one_command);
            CHECK(twice.text == in_script);
            // And from there on to a program.
            const Words passed_on = c_runtime_words(in_script);
            REQUIRE(passed_on.size() == 3);
            CHECK(passed_on[2] == "end");
        }
    }
    CHECK(refused > 20);
    CHECK(hostile_arguments().size() - static_cast<std::size_t>(refused) > 40);
}

TEST_CASE("plain words stay without quotes for a batch file") {
    const auto line =
        batch_command_line("cmd", "s.cmd", {"add", "-", "10.0.0.1", "2001:db8::1", "1700000000.1", "C:\\x"});
    REQUIRE(line);
    CHECK(*line == "\"cmd\" /d /e:on /v:off /s /c \"\"s.cmd\" add - 10.0.0.1 2001:db8::1 1700000000.1 C:\\x\"");
}

TEST_CASE("a batch file whose path cannot be written safely is refused") {
    for (const char* script : {"C:\\100%\\a.cmd", "C:\\%SECRET%\\a.cmd", "C:\\a\nb.cmd"}) {
        CAPTURE(script);
        CHECK_FALSE(batch_command_line(kCmd, script, {}));
    }
}

TEST_CASE("a PowerShell script is a file with arguments, never a command") {
    const auto line =
        powershell_command_line("C:\\W S\\powershell.exe", "C:\\a b\\c.ps1", {"add", "a b", "-", "$(x);\"y"});
    REQUIRE(line);
    CHECK(*line ==
          "\"C:\\W S\\powershell.exe\" -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"C:\\a b\\c.ps1\" add "
          "\"a b\" - \"$(x);\\\"y\"");
    for (const HostileArgument& argument : hostile_arguments()) {
        CAPTURE(argument.text);
        const auto hostile = powershell_command_line("p.exe", "s.ps1", {argument.text});
        const bool is_option = argument.text.size() > 1 && argument.text[0] == '-';
        REQUIRE(hostile.has_value() != is_option);
        if (hostile) CHECK(c_runtime_words(*hostile).back() == argument.text);
    }
    for (const char* option : {"-x", "-Force:$true", "--", "\u2013x", "\u2014x", "\u2015x", "\u2013\u2013"}) {
        CAPTURE(option);
        const auto refused = powershell_command_line("p.exe", "s.ps1", {"add", option});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == std::errc::invalid_argument);
        CHECK(refused.error().what.find("argument 2") != std::string::npos);
    }
    for (const char* data : {"-", "\u2013", "a-x", " -x", ""}) {
        CAPTURE(data);
        CHECK(powershell_command_line("p.exe", "s.ps1", {data}));
    }
}
