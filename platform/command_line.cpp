// SPDX-License-Identifier: Apache-2.0
// Microsoft: "Parsing C command-line arguments"; "cmd"; "about_PowerShell_exe". How cmd.exe reads a line in its phases
// is described at https://stackoverflow.com/a/4095701, how that was abused as "BatBadBut" (CVE-2024-24576).
#include "platform/include/command_line.h"

#include <algorithm>

namespace riposte {
namespace {

// In bytes of UTF-8, so never more UTF-16 than the limits: 32,767 of CreateProcess and 8,191 of cmd.exe, both with the
// final zero.
constexpr std::size_t kLongestCommandLine = 32766;
constexpr std::size_t kLongestBatchLine = 8190;

bool is_plain(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') ||
           std::string_view("-_.:/\\@+#").find(character) != std::string::npos;
}

bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char character) { return is_plain(character); });
}

// An argument may come from a message: it is shown by its place, not its text.
Error refused(std::size_t place, const std::string& reason) {
    return failure(std::errc::invalid_argument, "pass argument " + std::to_string(place) + ", which " + reason);
}

Result<std::string> checked_length(std::string line, std::size_t longest) {
    if (line.size() <= longest) return line;
    return failure(std::errc::argument_list_too_long, "pass " + std::to_string(line.size()) +
                                                          " bytes of arguments (at most " + std::to_string(longest) +
                                                          " are possible)");
}

// Backslashes count only before a double quote: there each stands for itself if it is doubled.
std::string c_runtime_quoted(std::string_view argument) {
    if (is_plain(argument)) return std::string(argument);
    std::string text = "\"";
    std::size_t backslashes = 0;
    for (const char character : argument) {
        if (character == '"') text.append(backslashes + 1, '\\');
        backslashes = character == '\\' ? backslashes + 1 : 0;
        text += character;
    }
    return text.append(backslashes, '\\') + "\"";
}

bool is_refused_in_batch(char character) {
    const auto code = static_cast<unsigned char>(character);
    return character == '"' || character == '%' || (code < 0x20 && character != '\t') || code == 0x7f;
}

std::string batch_quoted(std::string_view argument) {
    if (is_plain(argument) && argument.back() != '\\') return std::string(argument);
    const std::size_t last = argument.find_last_not_of('\\');
    const std::size_t backslashes = argument.size() - (last == std::string_view::npos ? 0 : last + 1);
    return "\"" + std::string(argument).append(backslashes, '\\') + "\"";
}

// The hyphen, the en and em dash and the horizontal bar.
bool starts_with_dash(std::string_view text) {
    return text.starts_with("-") || text.starts_with("\u2013") || text.starts_with("\u2014") ||
           text.starts_with("\u2015");
}

bool is_one_character(std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }) == 1;
}

}  // namespace

Result<std::string> c_runtime_command_line(const std::vector<std::string>& arguments) {
    // The name is read by rules of its own: from quote to quote, backslashes are nothing special.
    if (!arguments.empty() && arguments[0].find('"') != std::string::npos) return refused(0, "holds a double quote");
    std::string line = arguments.empty() ? "\"\"" : "\"" + arguments[0] + "\"";
    for (std::size_t place = 1; place < arguments.size(); ++place) line += " " + c_runtime_quoted(arguments[place]);
    return checked_length(std::move(line), kLongestCommandLine);
}

Result<std::string> batch_command_line(std::string_view interpreter, std::string_view script,
                                       const std::vector<std::string>& arguments) {
    if (std::any_of(script.begin(), script.end(), is_refused_in_batch)) {
        return failure(std::errc::invalid_argument,
                       "run a batch file whose path holds a percent sign or a control character");
    }
    // /d: no AutoRun commands of the registry.
    // /e:on and /v:off: the interpreter's usual self, whatever the registry says ("!" is nothing special).
    // /s: of what follows, the first and the last quote are dropped and nothing else.
    std::string line = "\"" + std::string(interpreter) + "\" /d /e:on /v:off /s /c \"\"" + std::string(script) + "\"";
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        const std::string& argument = arguments[index];
        if (std::any_of(argument.begin(), argument.end(), is_refused_in_batch)) {
            return refused(
                index + 1,
                "holds a double quote, a percent sign or a control character: a batch file cannot get it safely");
        }
        line += " " + batch_quoted(argument);
    }
    return checked_length(line + '"', kLongestBatchLine);
}

Result<std::string> powershell_command_line(std::string_view interpreter, std::string_view script,
                                            const std::vector<std::string>& arguments) {
    std::vector<std::string> line{std::string(interpreter), "-NoProfile", "-NonInteractive",
                                  "-ExecutionPolicy",       "Bypass",     "-File",
                                  std::string(script)};
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        if (starts_with_dash(arguments[index]) && !is_one_character(arguments[index])) {
            return refused(index + 1, "begins with a dash: PowerShell would take it for a parameter's name");
        }
        line.push_back(arguments[index]);
    }
    return c_runtime_command_line(line);
}

}  // namespace riposte
