// SPDX-License-Identifier: Apache-2.0
// Arguments that try to become something else on their way: more arguments, options, variables, commands.
#pragma once

#include <string>
#include <vector>

namespace riposte::test {

struct HostileArgument {
    std::string text;
    // A batch file receives `in_batch` as %~1. An argument without a safe spelling for batch files is refused instead.
    bool batch_refuses = false;
    std::string in_batch = text;
};

inline const std::vector<HostileArgument>& hostile_arguments() {
    static const std::vector<HostileArgument> arguments{
        {""},
        {" "},
        {"a b"},
        {" leading and trailing "},
        {"a\tb"},
        {"&"},
        {"a&b"},
        {"& echo INJECTED"},
        {"a & echo INJECTED & rem "},
        {"&& echo INJECTED"},
        {"|| echo INJECTED"},
        {"| echo INJECTED"},
        {"> injected.txt"},
        {"2>&1"},
        {"< nul"},
        {"^"},
        {"^&"},
        {"^^&"},
        {"a^b"},
        {"^^^^"},
        {"a^"},
        {"("},
        {")"},
        {"(a) & (b)"},
        {"!"},
        {"!SECRET!"},
        {"^!SECRET^!"},
        {"a,b"},
        {"a;b"},
        {"a=b"},
        {",;= "},
        {"@echo"},
        {"/c"},
        {"/?"},
        {"-x"},
        {"--"},
        {"'a b'"},
        {"`a`"},
        {"$(a)"},
        {"$env:SECRET"},
        {"*"},
        {"*.exe"},
        {"?"},
        {"~"},
        {"#"},
        {":label"},
        {"C:\\path\\file.txt"},
        {"C:\\path with space\\", false, "C:\\path with space\\\\"},
        {"\\\\server\\share"},
        {"\\", false, "\\\\"},
        {"\\\\", false, "\\\\\\\\"},
        {"a\\", false, "a\\\\"},
        {"a b\\", false, "a b\\\\"},
        {"a b\\\\", false, "a b\\\\\\\\"},
        {"\\&", false},
        {"\u00fc\u65e5\u672c"},
        {"\U0001f512"},
        {"\u201cfancy quotes\u201d & echo INJECTED"},
        {"\"", true},
        {"\\\"", true},
        {"\"\"", true},
        {"a\"b", true},
        {"\" & echo INJECTED & \"", true},
        {"\"&echo INJECTED", true},
        {"\\\"&echo INJECTED", true},
        {"\\\\\"&echo INJECTED", true},
        {"%", true},
        {"%%", true},
        {"100%", true},
        {"%SECRET%", true},
        {"%%SECRET%%", true},
        {"^%SECRET^%", true},
        {"%SECRET:~0,1%", true},
        {"%CMDCMDLINE:~-1%&echo INJECTED", true},
        {"%cd:~,%", true},
        {"%1", true},
        {"%~f0", true},
        {"%*", true},
        {"a\nb", true},
        {"\necho INJECTED", true},
        {"\r\necho INJECTED\r\n", true},
        {"\r", true},
        {"\x1a", true},
        {"\x01", true},
        {"\x1b[2J", true},
        {"\x7f", true},
    };
    return arguments;
}

}  // namespace riposte::test
