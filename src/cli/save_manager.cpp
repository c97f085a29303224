// SPDX-License-Identifier: Apache-2.0
#include "src/cli/save_manager.h"

#include "platform/include/file_edit.h"
#include "src/config/manager_section.h"

#include <algorithm>
#include <string>
#include <system_error>

namespace riposte {
namespace {

namespace fs = std::filesystem;

std::string with_section(const std::string& text, const std::string& section) {
    const bool needs_newline = !text.empty() && text.back() != '\n';
    return text + (needs_newline ? "\n" : "") + section;
}

std::string first_error(const Diagnostics& found) {
    const auto error = std::find_if(found.begin(), found.end(), [](const Diagnostic& finding) {
        return finding.severity == Diagnostic::Severity::Error;
    });
    return error == found.end() ? std::string() : error->text();
}

}  // namespace

Result<bool> save_manager(const Setup& setup, const ManagerSettings& settings) {
    if (setup.config.settings.manager) return false;
    const fs::path& file = setup.config_file;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) return Error{error, "create " + file.parent_path().string()};
    std::string problem;
    const auto edit = [&](const std::string& text) {
        const std::string changed = with_section(text, manager_section(settings));
        Diagnostics found;
        parse_config(changed, file.string(), found);
        problem = first_error(found);
        return problem.empty() ? changed : text;
    };
    const Result<bool> changed = edit_file(file, edit);
    if (changed && !problem.empty()) return failure("<manager> was not added to the configuration: " + problem);
    return changed;
}

}  // namespace riposte
