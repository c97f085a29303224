// SPDX-License-Identifier: Apache-2.0
// The way in which a file is run, by the suffix of its name: Windows has no other mark for it. Private to
// platform/windows.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace riposte {

enum class ExecutableKind { None, Program, Batch, PowerShell };

inline ExecutableKind executable_kind(std::string_view name) {
    std::string suffix(name.substr(name.size() - std::min<std::size_t>(name.size(), 4)));
    for (char& character : suffix) {
        if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
    }
    if (suffix == ".exe") return ExecutableKind::Program;
    if (suffix == ".cmd" || suffix == ".bat") return ExecutableKind::Batch;
    return suffix == ".ps1" ? ExecutableKind::PowerShell : ExecutableKind::None;
}

}  // namespace riposte
