// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include <system_error>

namespace riposte {

namespace fs = std::filesystem;

fs::path home_of_own_program() {
    const auto program = own_program();
    if (!program) return default_home();
    const fs::path bin = program->parent_path();
    const fs::path home = bin.parent_path().parent_path();
    std::error_code ignored;
    return fs::equivalent(bin_directory(home), bin, ignored) ? home : default_home();
}

}  // namespace riposte
