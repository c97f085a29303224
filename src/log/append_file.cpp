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
    std::FILE* file = std::fopen(path.string().c_str(), "ab");
    if (file == nullptr) return last_error("open", path);
    AppendFile opened(file, path);
    // Unbuffered, one fwrite is one write.
    std::setvbuf(file, nullptr, _IONBF, 0);
    if (!*existed) {
        std::error_code ignored;
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read, ignored);
    }
    return opened;
}

Result<void> AppendFile::write(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size()) return {};
    const Error error = last_error("write", path_);
    std::clearerr(file_.get());
    return error;
}

}  // namespace riposte
