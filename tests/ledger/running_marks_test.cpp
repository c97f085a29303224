// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/running_marks.h"

#include "platform/include/utf8_path.h"
#include "tests/support/files.h"
#include "tests/support/role.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace riposte;
using test::TemporaryDirectory;

namespace {

std::unique_ptr<RunningMarks> open_marks(const std::filesystem::path& file, std::size_t capacity,
                                         std::vector<RunningMarks::Mark>& left) {
    auto marks = RunningMarks::open(file, capacity, left);
    if (!marks) FAIL(marks.error().text());
    return *std::move(marks);
}

RunningMarks::Mark mark(ActionId id) {
    return {id, {4000 + id, 70'000U}, boot_time_of(123'456)};
}

// Sets three marks, clears the second and is killed.
int set_marks(const std::vector<std::string>& arguments) {
    std::vector<RunningMarks::Mark> left;
    auto marks = RunningMarks::open(utf8_path(arguments.at(0)), 8, left);
    if (!marks) return 1;
    static_cast<void>((*marks)->set(mark(1)));
    const auto second = (*marks)->set(mark(2));
    static_cast<void>((*marks)->set(mark(3)));
    if (second) (*marks)->clear(*second);
    test::end_at_once();
}
const test::Role kSetMarks("set marks", set_marks);

void leave_marks(const std::filesystem::path& file) {
    test::RoleProcess killed("set marks", {file.string()});
    REQUIRE(killed.wait() == test::kEndedAtOnce);
}

}  // namespace

TEST_CASE("marks survive the killing of the process that set them, and cleared ones are gone") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "running";
    leave_marks(file);

    std::vector<RunningMarks::Mark> left;
    auto marks = open_marks(file, 8, left);
    std::set<ActionId> ids;
    for (const auto& one : left) {
        ids.insert(one.action);
        CHECK(one.process.pid == 4000 + one.action);
        CHECK(one.process.started == 70'000U);
        CHECK(to_ms(one.told_at) == 123'456);
    }
    CHECK(ids == std::set<ActionId>{1, 3});
    CHECK(std::filesystem::file_size(file) == 32 + 8 * 32);
}

TEST_CASE("marks of an earlier run stay in the file and keep their slots until they are cleared") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "running";
    leave_marks(file);

    std::vector<RunningMarks::Mark> left;
    {
        auto marks = open_marks(file, 8, left);
        for (ActionId id = 10; id < 16; ++id) CHECK(marks->set(mark(id)).has_value());
        const auto full = marks->set(mark(16));
        REQUIRE(!full.has_value());
        CHECK(full.error().text().find("8 marks") != std::string::npos);
        marks.reset();
        marks = open_marks(file, 8, left);
        CHECK(left.size() == 8);
        marks->clear_left();
        CHECK(marks->set(mark(17)).has_value());
    }
    auto marks = open_marks(file, 8, left);
    REQUIRE(left.size() == 1);
    CHECK(left[0].action == 17);
}

TEST_CASE("a mark without its action id does not count") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "running";
    leave_marks(file);
    std::string bytes = test::read_file(file);
    // The first eight bytes of a mark are its action id; what follows stays.
    for (std::size_t at = 32; at < bytes.size(); at += 32)
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, '\0');
    test::write_file(file, bytes);
    std::vector<RunningMarks::Mark> left;
    auto marks = open_marks(file, 8, left);
    CHECK(left.empty());
    for (ActionId id = 1; id <= 8; ++id) CHECK(marks->set(mark(id)).has_value());
}

TEST_CASE("a file of another size or format is replaced") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "running";
    std::vector<RunningMarks::Mark> left{mark(5)};

    SUBCASE("another capacity") {
        leave_marks(file);
    }
    SUBCASE("cut") {
        leave_marks(file);
        std::filesystem::resize_file(file, 100);
    }
    SUBCASE("another format") {
        test::write_file(file, std::string(32 + 16 * 32, 'x'));
    }
    SUBCASE("empty") {
        test::write_file(file, "");
    }
    SUBCASE("missing") {}

    auto marks = open_marks(file, 16, left);
    CHECK(left.empty());
    CHECK(std::filesystem::file_size(file) == 32 + 16 * 32);
    CHECK(marks->set(mark(1)).has_value());
}

TEST_CASE("a place where no file can be made is an error that names it") {
    const TemporaryDirectory directory;
    std::vector<RunningMarks::Mark> left;
    const auto marks = RunningMarks::open(directory.path() / "missing" / "running", 8, left);
    REQUIRE(!marks.has_value());
    CHECK(marks.error().text().find("running") != std::string::npos);
}
