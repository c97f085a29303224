// SPDX-License-Identifier: Apache-2.0
// Findings in configuration files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// One finding in a configuration file, in words for the person who wrote the file.
struct Diagnostic {
    enum class Severity { Notice, Warning, Error };
    Severity severity = Severity::Error;
    std::string file;
    int line = 0;         // 1-based; 0 when the finding is about the whole file
    std::string message;  // what stands there, what is wrong with it, what is allowed or what to do
    // "riposte.conf:12: error: ..."
    std::string text() const;
};
using Diagnostics = std::vector<Diagnostic>;
bool has_errors(const Diagnostics& diagnostics);
// "notice", "warning", "error".
std::string_view to_string(Diagnostic::Severity severity);

}  // namespace riposte
