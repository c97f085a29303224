// SPDX-License-Identifier: Apache-2.0
// The shipped executables' own lines in the response log: under another runner, and not under Riposte.
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "tests/support/files.h"
#include "tests/support/requests.h"
#include "tests/support/shipped.h"
#include "tests/support/stock_decoder.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

// A home with the executable in its bin directory.
struct Home {
    TemporaryDirectory directory;
    fs::path file;
    fs::path log = response_log_path(directory.path());
    std::string blocks = (directory / "blocks").string();

    explicit Home(const std::string& name) {
        const fs::path shipped = shipped_file(name);
        fs::create_directories(bin_directory(directory.path()));
        fs::create_directories(log.parent_path());
        file = bin_directory(directory.path()) / shipped.filename();
        fs::copy_file(shipped, file);
    }
    ShippedRun run(std::vector<std::string> words, const std::string& input = {}) const {
        words.insert(words.begin(), {"--directory", blocks});
        return run_as_another(file, words, input);
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        const std::string text = fs::exists(log) ? read_file(log) : std::string();
        for (std::size_t start = 0; start < text.size();) {
            const std::size_t end = text.find('\n', start);
            REQUIRE(end != std::string::npos);
            lines.push_back(text.substr(start, end - start));
            start = end + 1;
        }
        return lines;
    }
};

}  // namespace

TEST_CASE("run by the incumbent's execd, each execution leaves the one line that the stock decoder takes") {
    const Home home("ip-customblock");
    const std::string name = home.file.filename().string();
    CHECK(home.run({}, address_order("add", "192.0.2.7", "active-response/bin/ip-customblock") + kContinue).code == 0);
    CHECK(home.run({}, address_order("add", "192.0.2.8") + kAbort).code == 0);
    CHECK(home.run({"add", "mallory", "192.0.2.9", "1700000000.1", "5712"}).code == 0);
    CHECK(home.run({}, address_order("delete", "192.0.2.7")).code == 0);
    const auto lines = home.lines();
    REQUIRE(lines.size() == 4);

    const Document added = stock_decoded(lines[0], name);
    CHECK(text_at(added, "command") == "add");
    CHECK(text_at(added, "origin.module") == "wazuh-execd");
    CHECK(text_at(added, "parameters.program") == "active-response/bin/ip-customblock");
    CHECK(text_at(added, "parameters.alert.data.srcip") == "192.0.2.7");
    CHECK(text_at(added, "parameters.alert.rule.id") == "5712");
    CHECK(text_at(added, "riposte.outcome") == "success");
    CHECK(added.find_path("riposte.action") == nullptr);
    CHECK(text_at(stock_decoded(lines[1], name), "riposte.outcome") == "already_in_force");
    const Document by_arguments = stock_decoded(lines[2], name);
    CHECK(text_at(by_arguments, "command") == "add");
    CHECK(text_at(by_arguments, "parameters.alert.data.srcip") == "192.0.2.9");
    CHECK(text_at(by_arguments, "parameters.alert.data.dstuser") == "mallory");
    CHECK(text_at(by_arguments, "parameters.alert.rule.id") == "5712");
    CHECK(text_at(stock_decoded(lines[3], name), "command") == "delete");
}

TEST_CASE("what was refused or failed is logged with its reason, and never as a block") {
    const Home home("ip-customblock");
    const std::string name = home.file.filename().string();
    CHECK(home.run({}, "no JSON\n").code == 2);
    CHECK(home.run({"add", "-", "1.2.3.4; reboot"}).code == 2);
    write_file(home.blocks, "no directory");
    CHECK(home.run({"add", "-", "192.0.2.7"}).code == 1);
    const auto lines = home.lines();
    REQUIRE(lines.size() == 3);
    for (std::size_t i = 0; i < 2; ++i) {
        const Document refused = stock_decoded(lines[i], name);
        CHECK(text_at(refused, "command") == "none");
        CHECK(text_at(refused, "riposte.outcome") == "refused");
        CHECK(text_at(refused, "riposte.reason").size() > 10);
    }
    const Document failed = stock_decoded(lines[2], name);
    CHECK(text_at(failed, "riposte.outcome") == "failed");
    CHECK(text_at(failed, "riposte.exit_code") == "1");
    CHECK(text_at(failed, "riposte.reason").find("blocks") != std::string::npos);
}

TEST_CASE("questions are not logged, and where there is no log none is begun") {
    const Home home("ip-customblock");
    CHECK(home.run({"--check"}).code == 0);
    CHECK(home.run({"--status", "192.0.2.7"}).code == 4);
    CHECK(home.run({"--help"}).code == 0);
    CHECK(home.lines().empty());
    CHECK(home.run({"add", "-", "192.0.2.7"}).code == 0);
    CHECK(home.lines().size() == 1);
    fs::remove(home.log);
    // On Windows it lies in the directory of bin, which is always there.
    if (home.log.parent_path() == home.file.parent_path().parent_path()) return;
    fs::remove(home.log.parent_path());
    CHECK(home.run({"add", "-", "192.0.2.8"}).code == 0);
    CHECK_FALSE(fs::exists(home.log.parent_path()));
}

TEST_CASE("a log that cannot be written takes nothing from what was done, and is told") {
    const Home home("ip-customblock");
    fs::create_directory(home.log);
    const ShippedRun run = home.run({"add", "-", "192.0.2.7"});
    CHECK(run.code == 0);
    CHECK(run.output.find("active-responses.log") != std::string::npos);
    CHECK(home.run({"--status", "192.0.2.7"}).code == 0);
}
