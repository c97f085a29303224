// SPDX-License-Identifier: Apache-2.0
#include "platform/include/arguments.h"

#include <cstdlib>

namespace riposte {

std::vector<std::string> program_arguments(int argc, const char* const* argv) {
    return {argv + (argc > 0 ? 1 : 0), argv + argc};
}

std::optional<std::string> environment_variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
}

}  // namespace riposte
