// SPDX-License-Identifier: Apache-2.0
// Argument lists as the one line of text that a Windows program gets, exact for the parser at the other end. Plain text
// work, the same on every system. All text is UTF-8.
//
// An argument that the parser would not give back unchanged is refused (invalid_argument, with the reason); it is never
// passed on in another form. A line that is longer than its reader takes is argument_list_too_long.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// For a program that parses its line as Microsoft's C runtime and CommandLineToArgvW do. A double quote in the first
// argument, the program's name, has no spelling and is refused.
Result<std::string> c_runtime_command_line(const std::vector<std::string>& arguments);

// For a batch file, run by `interpreter` (cmd.exe) under its own path `script`; `arguments` are those behind argv[0].
// No argument is run, expanded or split, neither by the interpreter nor by a script that uses %1 or "%~1":
//   - one of letters, digits and -_.:/\@+# is passed as it is, so that `if %1==add` works; all others in double quotes,
//     which %1 keeps and %~1 drops;
//   - a backslash at the end of what is quoted is doubled: a script that hands "%~1" to a program would let it escape
//     the quote;
//   - a double quote, a percent sign and every control character but the tab are refused: whatever this line made of
//     them, a `call` in the script would read a percent sign again, and with it all the others.
// A script that uses %~1 without quotes is open to what stands in it; nothing said here can help it.
Result<std::string> batch_command_line(std::string_view interpreter, std::string_view script,
                                       const std::vector<std::string>& arguments);

// For a PowerShell script, run by `interpreter` (powershell.exe) with no profile, without questions and whatever the
// execution policy. With -File, arguments are never evaluated, but one that begins with a dash (PowerShell knows four)
// names a parameter of the script: it is refused. A dash alone is an ordinary argument.
Result<std::string> powershell_command_line(std::string_view interpreter, std::string_view script,
                                            const std::vector<std::string>& arguments);

}  // namespace riposte
