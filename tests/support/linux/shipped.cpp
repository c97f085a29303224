// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shipped.h"

#include "platform/include/program.h"

#include <stdexcept>

namespace riposte::test {

namespace {

ShippedRun run_through_env(std::vector<std::string> words, const std::vector<std::string>& arguments,
                           const std::string& input) {
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto result = run_program("env", words, input);
    if (!result) throw std::runtime_error(result.error().text());
    return {result->exit_code, result->output};
}

}  // namespace

ShippedRun run_shipped(const std::string& name, const std::vector<std::string>& arguments, const std::string& input) {
    return run_through_env({"RUN_BY_RIPOSTE=yes", shipped_file(name).string()}, arguments, input);
}

ShippedRun run_as_another(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                          const std::string& input) {
    return run_through_env({file.string()}, arguments, input);
}

std::filesystem::path shipped_file(const std::string& name) {
    return std::filesystem::path(RESPONSES) / name;
}

}  // namespace riposte::test
