// SPDX-License-Identifier: Apache-2.0
#include "src/log/append_file.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

Error last_error(const char* call, const fs::path& path) {
    return Error{std::error_code(errno, std::generic_category()), std::string(call) + " " + path.string()};
}

Result<bool> is_there(const fs::path& path) {
    std::error_code code;
    const fs::file_status status = fs::symlink_status(path, code);
    if (status.type() == fs::file_type::not_found) return false;
    if (status.type() == fs::file_type::none) return Error{code, "look at " + path.string()};
    if (status.type() != fs::file_type::regular) {
        return failure(path.string() + " is no regular file: move it away, and a new one is begun");
    }
    return true;
}

}  // namespace

Result<AppendFile> AppendFile::open(const fs::path& path) {
    const Result<bool> existed = is_there(path);
    if (!existed) return existed.error();
    std::ofstream file;
    // Without a buffer, one write here is one of the operating system's.
    file.rdbuf()->pubsetbuf(nullptr, 0);
    errno = 0;
    file.open(path, std::ios::binary | std::ios::app);
    if (!file.is_open()) return last_error("open", path);
    if (!*existed) {
        std::error_code ignored;
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read, ignored);
    }
    return AppendFile(std::move(file), path);
}

Result<void> AppendFile::write(std::string_view text) {
    errno = 0;
    if (file_.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) return {};
    const Error error = last_error("write", path_);
    file_.clear();
    return error;
}

}  // namespace riposte
