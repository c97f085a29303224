// SPDX-License-Identifier: Apache-2.0
// The store on real files, the same on every system.
#include "src/responses/quarantine.h"

#include "platform/include/utf8_path.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    const std::u8string text = path.u8string();
    return {text.begin(), text.end()};
}

// A store, and a directory of files that are taken to it.
struct QuarantinedFiles {
    TemporaryDirectory directory;
    fs::path store = directory / "store";
    fs::path files = directory / "files";
    Quarantine quarantine{store, {}};

    QuarantinedFiles() { fs::create_directory(files); }
    std::string plain(const fs::path& path) const {
        const auto result = plain_file_path(text_of(path));
        REQUIRE(result.has_value());
        return *result;
    }
    std::string make(const std::string& name, const std::string& content) const {
        const fs::path path = files / utf8_path(name);
        write_file(path, content);
        return plain(path);
    }
    // Success without a text, else the reason.
    std::string take(const std::string& path) const {
        const auto done = quarantine.take(path);
        return done ? "" : done.error().text();
    }
    std::string put_back(const std::string& path) const {
        const auto done = quarantine.put_back(path);
        return done ? "" : done.error().text();
    }
    bool holds(const std::string& path) const {
        const auto held = quarantine.holds(path);
        REQUIRE(held.has_value());
        return *held;
    }
    fs::path item() const {
        for (const auto& entry : fs::directory_iterator(store)) {
            if (entry.is_directory()) return entry.path();
        }
        FAIL("nothing is in the store");
        return {};
    }
    bool store_is_empty() const {
        for (const auto& entry : fs::directory_iterator(store)) {
            if (entry.is_directory()) return false;
        }
        return true;
    }
};

FileFacts facts_of(const std::string& path) {
    const auto file = FileInPlace::open(path, {});
    REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().text()));
    return file->facts();
}

// To compare, and to read where it differs. Without the time of access, which the look itself may change: under Wine it
// does. (On Linux it does not, and linux/quarantine_file_test.cpp compares it.)
std::string text_of(FileFacts facts) {
    facts.properties.erase("accessed");
    return serialize_record({"", facts, ""});
}

bool is_there(const std::string& path) {
    return fs::exists(utf8_path(path));
}

}  // namespace

TEST_CASE("a file is taken once and put back once, as it was") {
    const QuarantinedFiles f;
    for (const std::string name :
         {"plain", "with space", "-dash", "\xC3\xA9t\xC3\xA9-\xE6\x96\x87", "%41", "a.b.c", "'quote'"}) {
        CAPTURE(name);
        const std::string path = f.make(name, "content of " + name);
        const FileFacts before = facts_of(path);
        CHECK_FALSE(f.holds(path));
        CHECK(f.put_back(path).empty());
        CHECK(f.take(path).empty());
        CHECK_FALSE(is_there(path));
        CHECK(f.holds(path));
        CHECK(f.take(path).empty());
        CHECK(f.holds(path));
        CHECK(f.put_back(path).empty());
        CHECK_FALSE(f.holds(path));
        CHECK(text_of(facts_of(path)) == text_of(before));
        CHECK(f.put_back(path).empty());
        CHECK(text_of(facts_of(path)) == text_of(before));
        CHECK(f.store_is_empty());
    }
}

TEST_CASE("the recorded hash is SHA-256 of the content") {
    const QuarantinedFiles f;
    // FIPS 180-4's examples, and more than a block of it.
    CHECK(facts_of(f.make("empty", "")).sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(facts_of(f.make("abc", "abc")).sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(facts_of(f.make("million", std::string(1'000'000, 'a'))).sha256 ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(facts_of(f.make("million", std::string(1'000'000, 'a'))).size == 1'000'000);
}

TEST_CASE("nothing is overwritten, and what is kept stays until there is room") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "first");
    const FileFacts before = facts_of(path);
    REQUIRE(f.take(path).empty());
    f.make("file", "second");
    CHECK(f.put_back(path).find("something else stands there") != std::string::npos);
    CHECK(f.holds(path));
    CHECK(read_file(path) == "second");
    fs::remove(path);
    fs::create_directory(path);
    CHECK_FALSE(f.put_back(path).empty());
    CHECK(f.holds(path));
    fs::remove(path);
    CHECK(f.put_back(path).empty());
    CHECK(text_of(facts_of(path)) == text_of(before));
}

TEST_CASE("a second file from the same path is the one that comes back, and the first is kept") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "first");
    REQUIRE(f.take(path).empty());
    const fs::path item = f.item();
    f.make("file", "second");
    const FileFacts second = facts_of(path);
    CHECK(f.take(path).empty());
    f.make("file", "third");
    CHECK(f.take(path).empty());
    fs::path first_item = item;
    first_item += ".1";
    fs::path second_item = item;
    second_item += ".2";
    CHECK(fs::exists(first_item / "content"));
    CHECK(fs::exists(first_item / "record"));
    CHECK(fs::exists(second_item / "content"));
    CHECK(f.put_back(path).empty());
    CHECK(read_file(path) == "third");
    CHECK_FALSE(f.holds(path));
    CHECK(f.put_back(path).empty());
    CHECK(fs::exists(first_item / "content"));
}

TEST_CASE("what is not there cannot be taken") {
    const QuarantinedFiles f;
    const std::string path = f.plain(f.files / "absent");
    CHECK_FALSE(f.take(path).empty());
    CHECK_FALSE(f.take(f.plain(f.files / "no" / "such")).empty());
    CHECK_FALSE(f.holds(path));
    CHECK(f.put_back(path).empty());
}

TEST_CASE("directories and files with two names are refused and stay") {
    const QuarantinedFiles f;
    fs::create_directory(f.files / "folder");
    CHECK_FALSE(f.take(f.plain(f.files / "folder")).empty());
    CHECK(fs::is_directory(f.files / "folder"));
    const std::string path = f.make("one", "content");
    fs::create_hard_link(f.files / "one", f.files / "two");
    CHECK(f.take(path).find("hard links") != std::string::npos);
    CHECK(read_file(path) == "content");
    CHECK_FALSE(f.holds(path));
    fs::remove(f.files / "two");
    CHECK(f.take(path).empty());
}

TEST_CASE("what is off limits stays, and so does what is in the store") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    const Quarantine limited{f.store, {f.files}};
    CHECK_FALSE(limited.take(path).has_value());
    CHECK(read_file(path) == "content");
    REQUIRE(f.take(path).empty());
    CHECK_FALSE(f.take(f.plain(f.item() / "record")).empty());
    CHECK_FALSE(f.take(f.plain(f.item() / "content")).empty());
    CHECK(f.put_back(path).empty());
}

TEST_CASE("what was changed in the store is not put back") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    REQUIRE(f.take(path).empty());
    write_file(f.item() / "content", "changed");
    CHECK(f.put_back(path).find("has been changed since") != std::string::npos);
    CHECK_FALSE(is_there(path));
    CHECK(f.holds(path));
    write_file(f.item() / "record", "no record");
    CHECK_FALSE(f.put_back(path).empty());
    CHECK_FALSE(f.quarantine.holds(path).has_value());
}

// Each state that a crash can leave, made by hand: the next call finishes what was begun, in either direction.
TEST_CASE("a crash behind the record: the file is still there") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    const FileFacts before = facts_of(path);
    REQUIRE(f.take(path).empty());
    const fs::path item = f.item();
    fs::rename(item / "content", path);
    SUBCASE("undone") {
        CHECK(f.put_back(path).empty());
        CHECK(text_of(facts_of(path)) == text_of(before));
        CHECK(f.store_is_empty());
    }
    SUBCASE("done again, then undone") {
        CHECK_FALSE(f.holds(path));
        CHECK(f.take(path).empty());
        CHECK(f.holds(path));
        CHECK_FALSE(is_there(path));
        CHECK(f.put_back(path).empty());
        CHECK(text_of(facts_of(path)) == text_of(before));
    }
    SUBCASE("another file is there meanwhile") {
        write_file(path, "other");
        CHECK(f.take(path).empty());
        CHECK(f.put_back(path).empty());
        CHECK(read_file(path) == "other");
        CHECK(f.store_is_empty());
    }
}

TEST_CASE("a crash between copy and removal: the file is there and in the store") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    const FileFacts before = facts_of(path);
    REQUIRE(f.take(path).empty());
    const fs::path item = f.item();
    fs::copy_file(item / "content", f.directory / "copy");
    fs::rename(item / "content", path);
    fs::rename(f.directory / "copy", item / "content");
    SUBCASE("undone") {
        CHECK(f.put_back(path).empty());
        CHECK(text_of(facts_of(path)) == text_of(before));
        CHECK(f.store_is_empty());
    }
    SUBCASE("done again") {
        CHECK(f.take(path).empty());
        CHECK_FALSE(is_there(path));
        CHECK(f.holds(path));
        CHECK(f.put_back(path).empty());
        CHECK(read_file(path) == "content");
    }
}

TEST_CASE("a crash between the copy back and the removal in the store") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    REQUIRE(f.take(path).empty());
    const fs::path item = f.item();
    fs::copy_file(item / "content", path);
    auto record = parse_record(read_file(item / "record"));
    REQUIRE(record.has_value());
    record->returning = facts_of(path).identity;
    write_file(item / "record", serialize_record(*record));
    CHECK(f.put_back(path).empty());
    CHECK(f.store_is_empty());
    CHECK(text_of({0, "", "", facts_of(path).properties}) == text_of({0, "", "", record->facts.properties}));
    CHECK(read_file(path) == "content");
}

TEST_CASE("a crash in front of the record, or behind its removal") {
    const QuarantinedFiles f;
    const std::string path = f.make("file", "content");
    REQUIRE(f.take(path).empty());
    const fs::path item = f.item();
    REQUIRE(f.put_back(path).empty());
    fs::create_directory(item);
    CHECK_FALSE(f.holds(path));
    CHECK(f.put_back(path).empty());
    CHECK_FALSE(fs::exists(item));
    fs::create_directory(item);
    fs::permissions(item, fs::perms::owner_all);
    CHECK(f.take(path).empty());
    CHECK(f.put_back(path).empty());
    CHECK(read_file(path) == "content");
}
