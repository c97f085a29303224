// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/role.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

// A failed check in a role, which is no test case, ends the role.
void end_role(const doctest::AssertData& check) {
    if (check.m_failed)
        throw std::runtime_error(std::string(check.m_file) + ":" + std::to_string(check.m_line) + ": " + check.m_expr);
}

}  // namespace

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler(end_role);
    int exit_code = 0;
    if (riposte::test::play_role(argc, argv, exit_code)) return exit_code;
    return context.run();
}
