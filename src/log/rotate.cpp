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
        std::error_code code;
        fs::rename(numbered(file, number), numbered(file, number + 1), code);
        if (code && code != std::errc::no_such_file_or_directory)
            return Error{code, "rename " + numbered(file, number).string()};
    }
    return {};
}

}  // namespace riposte
