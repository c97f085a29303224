// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_transfer.h"

#include "platform/include/utf8_path.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/files.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>
#include <windows.h>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

std::string plain(const fs::path& path) {
    const auto result = plain_file_path(narrow(path));
    REQUIRE(result.has_value());
    return *result;
}

FileFacts facts_of(const fs::path& path) {
    const auto file = FileInPlace::open(plain(path), {});
    REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().text()));
    FileFacts facts = file->facts();
    // Under Wine a look changes it.
    facts.properties.erase("accessed");
    return facts;
}

std::string reason_of(const fs::path& path) {
    const auto file = FileInPlace::open(plain(path), {});
    return file ? "" : file.error().text();
}

// To a directory and back; what it is afterwards.
FileFacts there_and_back(const fs::path& path, const fs::path& directory) {
    auto file = FileInPlace::open(plain(path), {});
    REQUIRE(file.has_value());
    const FileFacts facts = file->facts();
    const auto moved = file->move_to(directory / "content");
    REQUIRE_MESSAGE(moved.has_value(), (moved ? "" : moved.error().text()));
    CHECK_FALSE(fs::exists(path));
    { const auto closed = std::move(file); }
    std::string told;
    const auto back = put_back(directory / "content", plain(path), facts, [&](const std::string& identity) {
        told = identity;
        return Result<void>();
    });
    REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().text()));
    CHECK_FALSE(fs::exists(directory / "content"));
    auto returned = FileInPlace::open(plain(path), {});
    REQUIRE(returned.has_value());
    CHECK((returned->facts().identity == facts.identity || returned->facts().identity == told));
    CHECK(returned->set_properties(facts.properties).has_value());
    { const auto closed = std::move(returned); }
    return facts_of(path);
}

}  // namespace

TEST_CASE("a plain path has one text, and what Windows reads otherwise is none") {
    const std::vector<std::pair<std::string, std::string>> good{
        {"C:\\a\\b.txt", "C:\\a\\b.txt"},
        {"c:/a//b.txt", "C:\\a\\b.txt"},
        {"C:\\.\\a\\.\\b", "C:\\a\\b"},
        {"C:\\a b\\-c", "C:\\a b\\-c"},
        {"C:\\\xC3\xA9", "C:\\\xC3\xA9"},
        {"Z:\\x", "Z:\\x"},
        {"C:\\a\\CONfig.txt", "C:\\a\\CONfig.txt"},
    };
    for (const auto& entry : good) {
        const auto& text = entry.first;
        const auto& expected = entry.second;
        CAPTURE(text);
        const auto result = plain_file_path(text);
        REQUIRE(result.has_value());
        CHECK(*result == expected);
    }
    for (const std::string bad : {"",
                                  "C:",
                                  "C:\\",
                                  "C:a",
                                  "a\\b",
                                  "\\a",
                                  "/a",
                                  "\\\\server\\share\\a",
                                  "\\\\?\\C:\\a",
                                  "\\\\.\\C:",
                                  "C:\\a\\",
                                  "C:\\..\\a",
                                  "C:\\a\\..\\b",
                                  "C:\\a:stream",
                                  "C:\\a::$DATA",
                                  "C:\\nul",
                                  "C:\\a\\COM1.txt",
                                  "C:\\a.",
                                  "C:\\a ",
                                  "C:\\a*",
                                  "C:\\a?b",
                                  "C:\\a\nb",
                                  "C:\\\xFF",
                                  "1:\\a",
                                  "C:\\a|b",
                                  "\\??\\C:\\a"}) {
        CAPTURE(bad);
        CHECK_FALSE(plain_file_path(bad).has_value());
    }
    CHECK_FALSE(plain_file_path("C:\\" + std::string(40'000, 'a')).has_value());
    CHECK(comparable_path("C:\\a\\\xC3\xA9") == "C:\\A\\\xC3\x89");
}

TEST_CASE("attributes, times and access list survive a move and its undo") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "file";
    write_file(path, "content");
    REQUIRE(::SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_READONLY) != 0);
    const FileFacts before = facts_of(path);
    CHECK(before.properties.at("security").starts_with("O:"));
    fs::create_directory(directory / "store");
    const FileFacts after = there_and_back(path, directory / "store");
    CHECK(after.properties == before.properties);
    CHECK(after == before);
    CHECK((::GetFileAttributesW(path.c_str()) & FILE_ATTRIBUTE_READONLY) != 0);
    ::SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_NORMAL);
}

TEST_CASE("nobody else can use a file where it was moved to") {
    const TemporaryDirectory directory;
    write_file(directory / "file", "content");
    fs::create_directory(directory / "store");
    {
        auto file = FileInPlace::open(plain(directory / "file"), {});
        REQUIRE(file.has_value());
        REQUIRE(file->move_to(directory / "store" / "content").has_value());
    }
    const std::string security = facts_of(directory / "store" / "content").properties.at("security");
    CAPTURE(security);
    // Everybody, users, authenticated users.
    for (const char* account : {";WD)", ";BU)", ";AU)"}) CHECK(security.find(account) == std::string::npos);
}

TEST_CASE("across drives a file is copied, compared and removed") {
    const fs::path other = L"Z:\\dev\\shm";
    if (!fs::is_directory(other)) return skip("there is no second drive that a test may write to");
    const TemporaryDirectory directory;
    const fs::path path = directory / "file";
    write_file(path, std::string(200'000, 'x') + "end");
    const FileFacts before = facts_of(path);
    const fs::path store = other / ("riposte-test-" + std::to_string(process_id()));
    fs::create_directory(store);
    const FileFacts after = there_and_back(path, store);
    CHECK(after.properties == before.properties);
    CHECK(after.sha256 == before.sha256);
    CHECK(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()) == 1);
    CHECK(fs::is_empty(store));
    fs::remove(store);
}

TEST_CASE("what a program has open for writing stays") {
    const TemporaryDirectory directory;
    write_file(directory / "file", "content");
    const UniqueHandle writer(::CreateFileW((directory / "file").c_str(), GENERIC_WRITE,
                                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                            OPEN_EXISTING, 0, nullptr));
    REQUIRE(writer);
    CHECK(reason_of(directory / "file").find("a program has it open") != std::string::npos);
    CHECK(read_file(directory / "file") == "content");
}

TEST_CASE("neither this program nor what is no file is taken") {
    std::wstring own(32768, L'\0');
    own.resize(::GetModuleFileNameW(nullptr, own.data(), static_cast<DWORD>(own.size())));
    CHECK(reason_of(own).find("runs from it") != std::string::npos);
    const TemporaryDirectory directory;
    CHECK(reason_of(directory.path()).find("no regular file") != std::string::npos);
    CHECK_FALSE(reason_of(directory / "absent").empty());
    write_file(directory / "file", "content");
    CHECK(reason_of(directory / "FILE").empty());
    if (is_wine()) {
        skip("a symbolic link: Wine 8 makes none, and follows those of the system below it whatever it is told");
    } else if (::CreateSymbolicLinkW((directory / "link").c_str(), (directory / "file").c_str(), 0) == 0) {
        skip("a symbolic link: this account may not make one");
    } else {
        CHECK(reason_of(directory / "link").find("no regular file") != std::string::npos);
    }
}
