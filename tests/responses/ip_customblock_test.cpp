// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"
#include "tests/support/files.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("ip-customblock creates and removes a file per address") {
    const TemporaryDirectory directory;
    const std::string blocks = (directory / "ip block").string();
    const auto with = [&](Words words) {
        words.insert(words.begin(), {"--directory", blocks});
        return run_shipped("ip-customblock", words).code;
    };
    CHECK(with({"--check"}) == 0);
    CHECK(with({"--status", "192.0.2.7"}) == 4);
    CHECK(with({"delete", "-", "192.0.2.7"}) == 0);
    for (const char* target : {"192.0.2.7", "192.0.2.7", "2001:db8::7", "192.0.2.0/24"})
        CHECK(with({"add", "-", target}) == 0);
    for (const char* network : {"192.0.2.7", "2001:db8::7", "192.0.2.0/24"}) {
        CAPTURE(network);
        CHECK(fs::is_regular_file(fs::path(blocks) / file_name_of_network(network)));
    }
    CHECK(with({"--status", "192.0.2.7", "2001:db8::7", "192.0.2.0/24"}) == 0);
    for (const char* target : {"192.0.2.7", "192.0.2.7", "2001:db8::7", "192.0.2.0/24"})
        CHECK(with({"delete", "-", target}) == 0);
    CHECK(fs::is_empty(blocks));

    // Neither what a link points at nor a directory is taken for a block.
    write_file(directory / "precious", "kept");
    Words targets{"192.0.2.10"};
    fs::create_directory(blocks + "/192.0.2.10");
    if (file_features().links) {
        fs::create_symlink(directory / "precious", blocks + "/192.0.2.8");
        fs::create_symlink(directory / "absent", blocks + "/192.0.2.9");
        targets.insert(targets.end(), {"192.0.2.8", "192.0.2.9"});
    } else {
        skip("links in the place of blocks: the C++ library makes no symbolic links on this system");
    }
    for (const std::string& target : targets) {
        CAPTURE(target);
        CHECK(with({"add", "-", target}) == 1);
        CHECK(with({"--status", target}) == 4);
        CHECK(with({"delete", "-", target}) == 0);
    }
    CHECK(read_file(directory / "precious") == "kept");
    CHECK_FALSE(fs::exists(directory / "absent"));
    CHECK(fs::is_directory(blocks + "/192.0.2.10"));
    CHECK(run_shipped("ip-customblock", {"--directory", "relative", "add", "-", "192.0.2.7"}).code == 2);
}
