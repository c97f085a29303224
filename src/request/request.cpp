// SPDX-License-Identifier: Apache-2.0
#include "src/request/request.h"

#include "src/request/utf8.h"

namespace riposte {

Result<void> check_file_name(std::string_view name) {
    if (name.empty()) return failure("the file name is empty");
    const std::string shown = "the file name " + quoted(name);
    if (name.size() > 255) return failure(shown + " is longer than 255 bytes");
    if (has_control_characters(name)) return failure(shown + " has control characters or is no valid UTF-8");
    if (name.find_first_of("/\\") != std::string_view::npos)
        return failure(shown + " has a path separator; give the name of a file in the bin directory");
    if (name.find(':') != std::string_view::npos) return failure(shown + " has a colon");
    if (name.front() == '.') return failure(shown + " starts with a dot");
    if (name.front() == '-') return failure(shown + " starts with a hyphen");
    if (name.back() == '.' || name.back() == ' ') return failure(shown + " ends with a dot or a space");
    return {};
}

}  // namespace riposte
