// SPDX-License-Identifier: Apache-2.0
#include "src/action/diagnostic.h"

#include <algorithm>

namespace riposte {

std::string_view to_string(Diagnostic::Severity severity) {
    switch (severity) {
        case Diagnostic::Severity::Notice:
            return "notice";
        case Diagnostic::Severity::Warning:
            return "warning";
        case Diagnostic::Severity::Error:
            break;
    }
    return "error";
}

std::string Diagnostic::text() const {
    const std::string place = line > 0 ? file + ":" + std::to_string(line) : file;
    return place + ": " + std::string(to_string(severity)) + ": " + message;
}

bool has_errors(const Diagnostics& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& each) { return each.severity == Diagnostic::Severity::Error; });
}

}  // namespace riposte
