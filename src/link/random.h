// SPDX-License-Identifier: Apache-2.0
// Randomness for what goes over the wire. From OpenSSL; any thread.
#pragma once

#include "src/link/cipher.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace riposte {

std::uint16_t random_number();
CipherIv random_iv();
// Eight lower-case letters.
std::string random_letters();
// From half the time up to all of it: agents that lost their manager together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds time);

}  // namespace riposte
