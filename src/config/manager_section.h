// SPDX-License-Identifier: Apache-2.0
// <manager> as it stands in a configuration file.
#pragma once

#include "src/config/config.h"

#include <string>

namespace riposte {

// A <riposte> root with one <manager>, which parse_config() reads as these settings (its times left out where they are
// the defaults, and empty texts always). Values are escaped, not checked.
std::string manager_section(const ManagerSettings& settings);

}  // namespace riposte
