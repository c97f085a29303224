// SPDX-License-Identifier: Apache-2.0
// Admission, as far as it needs no state: from the bytes of a message to the execution that it asks for, or why not.
#pragma once

#include "platform/include/file_security.h"
#include "src/action/key.h"
#include "src/action/refusal.h"
#include "src/config/catalog.h"
#include "src/config/config.h"
#include "src/request/child_input.h"
#include "src/request/request.h"
#include "src/run/configuration.h"

#include <string>
#include <string_view>
#include <variant>

namespace riposte {

struct Admission {
    Request request;
    Resolved response;
    EffectiveSettings settings;
    std::string program;  // argv[0]
    ChildInput input;
    Key alert_key;  // stands for the action until the executable names its keys
    TrustedExecutable executable;
};

// Decodes, then checks in this order: name, disabled, executable, expected fields, extra arguments, protection. May read
// ar.conf again.
std::variant<Admission, Refusal> check_admission(Configuration& configuration, std::string_view message);

}  // namespace riposte
