// SPDX-License-Identifier: Apache-2.0
// A bin directory for the tests of file_security.h.
#pragma once

#include "platform/include/file_security.h"
#include "tests/platform/support.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

namespace riposte::test {

inline constexpr const char* kScript = "#!/bin/sh\nexit 0\n";

inline bool is_missing(const Error& error) {
    return error.code == std::errc::no_such_file_or_directory;
}

struct TrustedBin {
    TemporaryDirectory directory;
    std::filesystem::path bin = directory / "bin";
    TrustedBin() { create_private_directory(bin); }
    std::string text_of_error(const std::string& name) const {
        const auto opened = open_trusted_executable(bin, name);
        if (opened) return "it was accepted";
        CHECK_FALSE(is_missing(opened.error()));
        return opened.error().text();
    }
};

}  // namespace riposte::test
