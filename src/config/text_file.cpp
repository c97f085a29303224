// SPDX-License-Identifier: Apache-2.0
#include "src/config/text_file.h"

#include <cerrno>
#include <fstream>

namespace riposte {

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit) {
    const auto what = "read " + file.string();
    std::error_code code;
    const auto status = std::filesystem::status(file, code);
    if (status.type() == std::filesystem::file_type::not_found)
        return failure(std::errc::no_such_file_or_directory, what);
    if (code) return Error{code, what};
    // Opening a pipe or a device could wait for ever.
    if (!std::filesystem::is_regular_file(status)) return failure(what + ": this is no regular file; name one");
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return Error{std::error_code(errno ? errno : EIO, std::generic_category()), what};
    std::string text(limit + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) return failure(std::errc::io_error, what);
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace riposte
