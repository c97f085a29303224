// SPDX-License-Identifier: Apache-2.0
#include "tests/support/skip.h"

#include "tests/support/files.h"
#include "tests/support/role.h"
#include "tests/support/wait.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

using namespace riposte::test;

namespace {

constexpr int kLines = 200;

// Appends lines of one letter, as often as kLines says, when the file "go" appears.
int append_lines(const std::vector<std::string>& arguments) {
    const std::filesystem::path directory = arguments.at(0);
    if (!wait_until([&] { return std::filesystem::exists(directory / "go"); })) return 1;
    for (int i = 0; i < kLines; ++i) append_text(directory / "lines", std::string(90, arguments.at(1).at(0)) + "\n");
    return 0;
}
const Role kAppendLines("append-lines", append_lines);

}  // namespace

TEST_CASE("a skip is counted and recorded with its system, test case and reason, once") {
    const TemporaryDirectory directory;
    const std::string file = (directory / "skips").string();
    const Variable variable("RIPOSTE_SKIPS", file);
    const std::size_t before = skips();
    const std::string entry =
        std::string(system_name()) + " | a skip is counted and recorded with its system, test case and reason, once | ";
    skip("made up to see what becomes of it");
    skip("made up to see what becomes of it");
    CHECK(skips() == before + 1);
    CHECK(read_file(file) == entry + "made up to see what becomes of it\n");
    skip("made up as well");
    CHECK(skips() == before + 2);
    CHECK(read_file(file) == entry + "made up to see what becomes of it\n" + entry + "made up as well\n");
}

TEST_CASE("a skip that cannot be recorded fails its test") {
    const TemporaryDirectory directory;
    const Variable variable("RIPOSTE_SKIPS", (directory / "missing" / "skips").string());
    CHECK_THROWS_AS(skip("made up to see that it is not lost"), std::system_error);
}

TEST_CASE("programs that append to one file at the same time leave each line whole") {
    const TemporaryDirectory directory;
    const std::string letters = "abcd";
    std::vector<std::unique_ptr<RoleProcess>> processes;
    for (const char letter : letters)
        processes.push_back(std::make_unique<RoleProcess>(
            "append-lines", std::vector<std::string>{directory.path().string(), std::string(1, letter)}));
    write_file(directory / "go", "");
    for (const auto& process : processes) CHECK(process->wait() == 0);
    const auto lines = lines_of(directory / "lines");
    CHECK(lines.size() == letters.size() * kLines);
    for (const char letter : letters) CHECK(std::count(lines.begin(), lines.end(), std::string(90, letter)) == kLines);
}
