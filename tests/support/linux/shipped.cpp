// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shipped.h"

#include "platform/include/program.h"

#include <stdexcept>

namespace riposte::test {

ShippedRun run_shipped(const std::string& name, const std::vector<std::string>& arguments, const std::string& input) {
    std::vector<std::string> words{std::string(RESPONSES) + "/" + name};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto result = run_program("env", words, input);
    if (!result) throw std::runtime_error(result.error().text());
    return {result->exit_code, result->output};
}

}  // namespace riposte::test
