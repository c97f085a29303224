// SPDX-License-Identifier: Apache-2.0
// Keys for tests, of nobody.
#pragma once

#include "src/link/secret.h"

#include <string>

namespace riposte::test {

// As client.keys has it.
inline const std::string kAgentKey = "635837841492453cbe498cf731977f26d7e45c98e8ac093c9e81285ae096bc16";

// The key that blocks are sealed with.
inline const Secret kCipherKey("29f74e19334f9c82e4c3fa5999e701f755ca7fce424e2b9");

}  // namespace riposte::test
