// SPDX-License-Identifier: Apache-2.0
// Bytes as the vectors write them.
#pragma once

#include "src/link/crypto.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace riposte::test {

inline std::string bytes(std::string_view hex) {
    const auto secret = from_hex(hex);
    REQUIRE(secret.has_value());
    return std::string(secret->view());
}

}  // namespace riposte::test
