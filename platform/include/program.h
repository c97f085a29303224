// SPDX-License-Identifier: Apache-2.0
// The system's own tools, run to their end: no shell, no search path of the caller's.
#pragma once

#include "platform/include/result.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace riposte {

struct ProgramResult {
    int exit_code = 0;   // 128 + the signal's number if one ended it
    std::string output;  // standard output and errors together, the first `most_output` bytes
    bool success() const { return exit_code == 0; }
};

// The absolute path of a tool by its bare name, looked for in the system's directories only (Linux: those of
// child_environment()'s PATH). Error no_such_file_or_directory if none of them has it.
Result<std::string> find_program(const std::string& name);

// Runs the tool with these arguments (without argv[0]) in the root directory with child_environment(), feeds it `input`
// and waits for it. Blocks the thread. Errors: those of find_program(); the system could not start it; timed_out, if it
// was still running at the deadline and was killed. A tool that ran and failed is no Error: see the result's exit code.
Result<ProgramResult> run_program(const std::string& name, const std::vector<std::string>& arguments,
                                  const std::string& input = {},
                                  std::chrono::milliseconds deadline = std::chrono::seconds(20),
                                  std::size_t most_output = 65'536);

// Starts the program of that absolute path in a session of its own, with nothing to read or write, and lets it go: it
// outlives this process, which shall end soon, as it never asks for the exit code. Error: the system could not start
// it.
Result<void> start_program(const std::string& path, const std::vector<std::string>& arguments);

// For an error message: "usermod: exit code 6: user 'x' does not exist", the output cut to its last line.
std::string describe(const std::string& name, const ProgramResult& result);

}  // namespace riposte
