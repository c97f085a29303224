// SPDX-License-Identifier: Apache-2.0
// A request that its test takes to be sound.
#pragma once

#include "src/request/request.h"
#include "tests/support/result.h"

#include <doctest/doctest.h>

#include <string>

namespace riposte::test {

// The test fails here if the message is refused.
inline Request decoded(const std::string& message) {
    const auto request = decode_request(message);
    REQUIRE_MESSAGE(request.has_value(), message << " -> " << error_text(request));
    return *request;
}

}  // namespace riposte::test
