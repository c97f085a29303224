// SPDX-License-Identifier: Apache-2.0
// Changing a text file that belongs to the system.
#pragma once

#include "platform/include/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

namespace riposte {

// Calls `edit` with the file's whole content ("" if there is no file) and puts what it returns in the file's place in
// one step; returns whether that differed. One such change at a time in a directory, this process or another's. Owner,
// group, mode and extended attributes (ACL, security label) stay as they are; a new file belongs to the caller and is
// readable by all. A symbolic link is followed. A crash leaves the old file or the new one. At most 16 MiB.
Result<bool> edit_file(const std::filesystem::path& file, const std::function<std::string(const std::string&)>& edit);

// For several files of a directory that are changed together: one holder at a time, this process or another's; the
// others wait. Not together with edit_file() of a file directly in that directory.
class DirectoryLock {
  public:
    static Result<DirectoryLock> acquire(const std::filesystem::path& directory);
    DirectoryLock(DirectoryLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    DirectoryLock& operator=(DirectoryLock&&) = delete;
    ~DirectoryLock();

  private:
    explicit DirectoryLock(std::intptr_t handle) : handle_(handle) {}
    std::intptr_t handle_;
};

// Creates it, readable by all. False if there is something of that name: it is left alone, and no link is followed.
Result<bool> create_empty_file(const std::filesystem::path& file);

// Whether this process may create, replace and remove files there. Changes nothing.
bool may_change_files_in(const std::filesystem::path& directory);

// The whole content; "" if there is no such file.
Result<std::string> read_small_file(const std::filesystem::path& file);

}  // namespace riposte
