// SPDX-License-Identifier: Apache-2.0
#include "tests/support/skip.h"

#include "tests/support/os.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace riposte::test {
namespace {

int count = 0;

}  // namespace

void skip(std::string_view reason) {
    ++count;
    const auto* test = doctest::getContextOptions()->currentTest;
    const std::string name = test != nullptr ? test->m_name : "no test case";
    std::cout << "skipped: " << name << ": " << reason << "\n" << std::flush;
    if (const char* file = std::getenv("RIPOSTE_SKIPS")) {
        // One write at the end of the file: test programs run side by side.
        const std::string line = std::string(system_name()) + " | " + name + " | " + std::string(reason) + "\n";
        std::ofstream stream(file, std::ios::app | std::ios::binary);
        stream.write(line.data(), static_cast<std::streamsize>(line.size()));
        stream.flush();
        if (!stream) std::cerr << "cannot record a skipped test in " << file << "\n";
    }
}

int skips() {
    return count;
}

}  // namespace riposte::test
