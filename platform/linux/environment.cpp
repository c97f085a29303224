// SPDX-License-Identifier: Apache-2.0
#include "platform/include/environment.h"

namespace riposte {

const std::vector<std::string>& child_environment() {
    static const std::vector<std::string> environment{
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C",
        "LC_ALL=C",
    };
    return environment;
}

}  // namespace riposte
