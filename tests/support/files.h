// SPDX-License-Identifier: Apache-2.0
// Files for tests: a directory of their own, and files read, written and appended to.
#pragma once

#include "platform/include/utf8_path.h"
#include "tests/support/os.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace riposte::test {

// Private to this user, and gone with everything in it at the end of the scope.
class TemporaryDirectory {
  public:
    TemporaryDirectory()
        : path_(std::filesystem::canonical(std::filesystem::temp_directory_path()) /
                ("riposte-test-" + random_name())) {
        create_private_directory(path_);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / utf8_path(name); }

  private:
    static std::string random_name() {
        std::random_device random;
        return std::to_string(random()) + "-" + std::to_string(random());
    }
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Without the ends of the lines.
inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
    return lines;
}

// Windows knows nothing of `mode` but whether the owner may write.
inline void write_file(const std::filesystem::path& file, const std::string& bytes, unsigned mode = 0644) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
}

inline void append_to(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::app) << text;
}

}  // namespace riposte::test
