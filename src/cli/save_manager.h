// SPDX-License-Identifier: Apache-2.0
// A manager that was named on the command line, kept in the configuration for the service.
#pragma once

#include "src/cli/places.h"

namespace riposte {

// Adds a <manager> section with these settings at the end of the configuration file, which is made if there is none;
// false, and nothing is changed, if it has one. An Error, and nothing is changed, if the file has errors or would have
// one with these values.
Result<bool> save_manager(const Setup& setup, const ManagerSettings& settings);

}  // namespace riposte
