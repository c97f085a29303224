// SPDX-License-Identifier: Apache-2.0
// A file that only grows: each piece is handed to the operating system in one write at the file's end.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace riposte {

class AppendFile {
  public:
    // Opens the file, or creates it for its owner to write and its group to read (0640). Refuses what is no regular
    // file: opening a pipe would wait for its reader, and a symbolic link would take what is logged wherever it points.
    static Result<AppendFile> open(const std::filesystem::path& path);

    // Nothing stays in this process: what was written survives its death. After an Error part of `text` may stand in
    // the file.
    Result<void> write(std::string_view text);

  private:
    AppendFile(std::ofstream file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
    std::ofstream file_;
    std::filesystem::path path_;
};

}  // namespace riposte
