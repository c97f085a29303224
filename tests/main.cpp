// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/role.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <iostream>
#include <stdexcept>
#include <string>

namespace {

// A failed check in a role, which is no test case, ends the role.
void end_role(const doctest::AssertData& check) {
    if (check.m_failed)
        throw std::runtime_error(std::string(check.m_file) + ":" + std::to_string(check.m_line) + ": " + check.m_expr);
}

// How many test cases the filters of the command line left.
unsigned chosen = 0;

struct Count : doctest::IReporter {
    explicit Count(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats& stats) override { chosen = stats.numTestCasesPassingFilters; }
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
DOCTEST_REGISTER_LISTENER("count", 1, Count);

}  // namespace

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler(end_role);
    int exit_code = 0;
    if (riposte::test::play_role(argc, argv, exit_code)) return exit_code;
    exit_code = context.run();
    if (context.shouldExit()) return exit_code;  // --help, --list-test-cases and the like
    if (chosen == 0) {
        std::cerr << "no test case matches\n";
        return 1;
    }
    if (const auto skips = riposte::test::skips(); skips > 0) std::cout << "skipped: " << skips << " in all\n";
    return exit_code;
}
