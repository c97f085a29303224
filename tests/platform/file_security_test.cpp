// SPDX-License-Identifier: Apache-2.0
#include "tests/platform/trusted_bin.h"

using namespace riposte;
using namespace riposte::test;
namespace fs = std::filesystem;

TEST_CASE("an executable that only a trusted user can write is opened under its absolute path") {
    const TrustedBin in;
    write_file(in.bin / "program.exe", kScript, 0750);
    for (const fs::path& bin : {in.bin, in.bin / "", fs::proximate(in.bin, fs::current_path()) / ""}) {
        CAPTURE(bin);
        const auto opened = open_trusted_executable(bin, "program.exe");
        REQUIRE(opened);
        CHECK(opened->path() == (in.bin / "program.exe").string());
        CHECK(opened->handle() > 2);
    }
}

TEST_CASE("what was opened moves with its owner") {
    const TrustedBin in;
    write_file(in.bin / "program.exe", kScript, 0750);
    auto opened = open_trusted_executable(in.bin, "program.exe");
    REQUIRE(opened);
    const auto handle = opened->handle();
    TrustedExecutable moved = std::move(*opened);
    TrustedExecutable assigned;
    assigned = std::move(moved);
    CHECK(assigned.handle() == handle);
    CHECK(assigned.path() == (in.bin / "program.exe").string());
}

TEST_CASE("a missing executable or directory is told apart from an unsafe one") {
    const TrustedBin in;
    const auto no_file = open_trusted_executable(in.bin, "nothing");
    REQUIRE_FALSE(no_file);
    CHECK(is_missing(no_file.error()));
    CHECK(contains(no_file.error().text(), (in.bin / "nothing").string()));
    const auto no_directory = open_trusted_executable(in.directory / "gone", "nothing");
    REQUIRE_FALSE(no_directory);
    CHECK(is_missing(no_directory.error()));
    CHECK(contains(no_directory.error().text(), (in.directory / "gone").string()));
}

TEST_CASE("a name that is no bare file name is refused") {
    const TrustedBin in;
    write_file(in.directory / "outside", kScript, 0750);
    const std::string nul_inside("script\0x", 8);
    for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("../outside"),
                                    std::string("/bin/sh"), std::string("a/b"), nul_inside, std::string(300, 'a')}) {
        CAPTURE(name);
        CHECK(contains(in.text_of_error(name), "is not a bare file name"));
    }
    // The name came from a message, so the error prints its control characters as question marks.
    CHECK(contains(in.text_of_error("/\x1b[2J\n"), "\"/?[2J?\""));
}

TEST_CASE("an executable that everybody can write is refused, and so is all in such a directory") {
    const TrustedBin in;
    write_file(in.bin / "safe.exe", kScript, 0750);
    write_file(in.bin / "unsafe.exe", kScript, 0750);
    CHECK(open_trusted_executable(in.bin, "safe.exe"));
    let_everybody_write(in.bin / "unsafe.exe");
    CHECK(contains(in.text_of_error("unsafe.exe"), (in.bin / "unsafe.exe").string() + " is writable by "));
    CHECK(open_trusted_executable(in.bin, "safe.exe"));
    let_everybody_write(in.bin);
    CHECK(contains(in.text_of_error("safe.exe"), in.bin.string() + " is writable by "));
}

TEST_CASE("what is no regular file, or in no directory, is refused") {
    const TrustedBin in;
    write_file(in.bin / "program.exe", kScript, 0750);
    create_private_directory(in.bin / "directory.exe");
    CHECK(contains(in.text_of_error("directory.exe"), "is not a regular file"));
    const auto opened = open_trusted_executable(in.bin / "program.exe", "program.exe");
    REQUIRE_FALSE(opened);
    CHECK_FALSE(is_missing(opened.error()));
    CHECK(contains(opened.error().text(), "no directory"));
}

TEST_CASE("a configuration must be a file that nobody else can write, in a directory of that kind") {
    const TrustedBin in;
    const fs::path file = in.bin / "riposte.conf";
    const auto missing = check_trusted_file(file);
    REQUIRE_FALSE(missing);
    CHECK(is_missing(missing.error()));
    write_file(file, "<riposte/>", 0640);
    CHECK(check_trusted_file(file));
    CHECK_FALSE(check_trusted_file(in.bin));
    let_everybody_write(file);
    const auto writable = check_trusted_file(file);
    REQUIRE_FALSE(writable);
    CHECK(contains(writable.error().text(), file.string() + " is writable by "));
    fs::remove(file);
    write_file(file, "<riposte/>", 0640);
    CHECK(check_trusted_file(file));
    let_everybody_write(in.bin);
    const auto directory = check_trusted_file(file);
    REQUIRE_FALSE(directory);
    CHECK(contains(directory.error().text(), in.bin.string() + " is writable by "));
}

TEST_CASE("a private directory is created with its parents, and checked if it exists") {
    const TemporaryDirectory directory;
    const fs::path state = directory / "a/b/state";
    REQUIRE(make_private_directory(state));
    write_file(state / "file", "x");
    CHECK(make_private_directory(state));
    CHECK(make_private_directory(state / ""));
    CHECK(read_file(state / "file") == "x");
    let_everybody_write(state);
    const auto writable = make_private_directory(state);
    REQUIRE_FALSE(writable);
    CHECK(contains(writable.error().text(), "is writable by "));
    write_file(directory / "file", "");
    CHECK_FALSE(make_private_directory(directory / "file"));
    CHECK_FALSE(make_private_directory(directory / "file/below"));
}
