// SPDX-License-Identifier: Apache-2.0
#include "tests/support/skip.h"

#include "tests/support/os.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>

namespace riposte::test {
namespace {

// "NAME | REASON". A test case passes the same place once for each of its subcases.
std::set<std::string> recorded;

}  // namespace

void skip(std::string_view reason) {
    const auto* test = doctest::getContextOptions()->currentTest;
    const std::string name = test != nullptr ? test->m_name : "no test case";
    const std::string entry = name + " | " + std::string(reason);
    if (!recorded.insert(entry).second) return;
    std::cout << "skipped: " << name << ": " << reason << "\n" << std::flush;
    if (const char* file = std::getenv("RIPOSTE_SKIPS"))
        append_text(file, std::string(system_name()) + " | " + entry + "\n");
}

std::size_t skips() {
    return recorded.size();
}

}  // namespace riposte::test
