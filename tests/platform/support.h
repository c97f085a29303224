// SPDX-License-Identifier: Apache-2.0
// What the contract tests of platform/ share: a temporary directory, and waiting for a condition with a deadline.
#pragma once

#include "platform/include/result.h"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <unistd.h>

// A failed check on a Result shows the error.
template <class T>
struct doctest::StringMaker<riposte::Result<T>> {
    static String convert(const riposte::Result<T>& result) {
        return result ? String("a value") : String(result.error().text().c_str());
    }
};

namespace riposte::test {

// Below TMPDIR; private to this user, and gone with everything in it at the end of the scope.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "riposte-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = std::filesystem::canonical(name);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

inline void write_file(const std::filesystem::path& file, const std::string& text, unsigned mode = 0644) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
}

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline constexpr std::chrono::seconds kDeadline{20};

// True as soon as the condition holds, false when it does not within the deadline. Runs what is ready on the loop
// meanwhile.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition condition, std::chrono::milliseconds limit = kDeadline) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        loop.restart();
        // A loop without work returns at once.
        if (loop.run_one_for(std::chrono::milliseconds(2)) == 0) std::this_thread::yield();
    }
    return true;
}

// For what happens outside this process.
template <class Condition>
bool wait_until(Condition condition) {
    boost::asio::io_context idle;
    return run_until(idle, condition);
}

inline bool process_exists(long pid) {
    // A zombie is no process any more, but may wait for its adoptive parent.
    const std::string status = read_file("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = status.rfind(')');
    return name_end != std::string::npos && status.compare(name_end + 2, 1, "Z") != 0;
}

}  // namespace riposte::test
