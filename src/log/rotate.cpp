// SPDX-License-Identifier: Apache-2.0
#include "src/log/rotate.h"

#include <string>
#include <system_error>

namespace riposte {
namespace {

namespace fs = std::filesystem;

fs::path numbered(const fs::path& file, int number) {
    fs::path path = file;
    if (number != 0) path += "." + std::to_string(number);
    return path;
}

}  // namespace

Result<void> rotate_files(const fs::path& file, int kept) {
    for (int number = kept - 1; number >= 0; --number) {
        const fs::path from = numbered(file, number);
        std::error_code code;
        // Not every C++ library's rename tells why it failed.
        if (fs::symlink_status(from, code).type() == fs::file_type::not_found) continue;
        fs::rename(from, numbered(file, number + 1), code);
        if (code) return Error{code, "rename " + from.string()};
    }
    return {};
}

}  // namespace riposte
