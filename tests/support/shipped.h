// SPDX-License-Identifier: Apache-2.0
// The shipped stock executables, each run to its end as a process of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace riposte::test {

struct ShippedRun {
    int code = -1;       // 128 + the signal's number, if one ended it; Windows: as the system says
    std::string output;  // standard output and errors together
};

// As Riposte runs it, by its name on Linux. `input` is all that it gets to read. Throws std::runtime_error if it could
// not be run.
ShippedRun run_shipped(const std::string& name, const std::vector<std::string>& arguments,
                       const std::string& input = {});

// The same, as somebody else runs the file.
ShippedRun run_as_another(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                          const std::string& input = {});

// The file that run_shipped() runs.
std::filesystem::path shipped_file(const std::string& name);

}  // namespace riposte::test
