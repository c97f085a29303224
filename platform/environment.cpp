// SPDX-License-Identifier: Apache-2.0
#include "platform/include/environment.h"

#include "platform/include/arguments.h"

namespace riposte {
namespace {

constexpr const char* kRunByRiposte = "RUN_BY_RIPOSTE";

}  // namespace

const std::vector<std::string>& executable_environment() {
    static const std::vector<std::string> environment = [] {
        std::vector<std::string> all = child_environment();
        all.push_back(std::string(kRunByRiposte) + "=yes");
        return all;
    }();
    return environment;
}

bool is_run_by_riposte() {
    return environment_variable(kRunByRiposte) == "yes";
}

}  // namespace riposte
