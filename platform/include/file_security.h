// SPDX-License-Identifier: Apache-2.0
// Which files Riposte trusts: those that only an administrator can have written.
#pragma once

#include "platform/include/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace riposte {

// An executable that passed the check, held open so that what was checked is what runs. Move-only.
class TrustedExecutable {
  public:
    TrustedExecutable() = default;
    TrustedExecutable(TrustedExecutable&& other) noexcept { swap(other); }
    TrustedExecutable& operator=(TrustedExecutable&& other) noexcept {
        swap(other);
        return *this;
    }
    ~TrustedExecutable();

    // Absolute path of the file, UTF-8.
    const std::string& path() const { return path_; }
    // True for what an interpreter opens by its path. Linux: the file starts with "#!"; a program runs from the open
    // file itself. Windows: the name ends with .cmd, .bat (cmd.exe) or .ps1 (PowerShell); a program's ends with .exe,
    // and nothing else can be run. Both run by path, which leads to the file that was checked as long as it is held
    // here.
    bool is_script() const { return is_script_; }
    // Linux: the descriptor. Windows: the handle, shared for reading only: nobody can write, replace, rename or delete
    // the file while it is held. Stays owned by this object.
    std::intptr_t handle() const { return handle_; }

  private:
    friend Result<TrustedExecutable> open_trusted_executable(const std::filesystem::path&, std::string_view);
    void swap(TrustedExecutable& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(is_script_, other.is_script_);
        std::swap(handle_, other.handle_);
    }
    std::string path_;
    bool is_script_ = false;
    std::intptr_t handle_ = -1;
};

// Opens `name`, a bare file name, in the directory `bin`. Errors: code no_such_file_or_directory when the file or the
// directory is missing; any other error means that it is unsafe, and says why and what to do ("chmod go-w ...").
//
// Linux: a regular file directly in `bin` (a symbolic link is followed only if its text is the bare name of another
// file there), executable by its owner, file and directory owned by root (or by the user Riposte runs as, if that is
// not root) and writable by nobody else. A path separator, "." or ".." in the name is refused.
//
// Windows: the same by owner and access list, which only SYSTEM, Administrators, TrustedInstaller or the user that
// Riposte runs as may have a right of change in (access_list.h); a service runs as SYSTEM. Links (reparse points) are
// refused, and names that Windows takes for something else: devices (NUL.exe), streams (a:b), dots and blanks at the
// end, short names (ROUTE-~1.EXE). So are network and device paths and network drives. path() is without links and
// substitutes.
Result<TrustedExecutable> open_trusted_executable(const std::filesystem::path& bin, std::string_view name);

// Checks a configuration file by the same rules of owner and mode (access list), and its directory's. Missing:
// no_such_file_or_directory. Linux: a symbolic link is followed, and the target's directory checked too. Windows: a
// link is refused.
Result<void> check_trusted_file(const std::filesystem::path& file);

// Creates the directory (and missing parents) for this account only (Linux: 0700; Windows: also SYSTEM and
// Administrators, inheriting nothing), or checks that an existing one is owned by a trusted user and writable by nobody
// else.
Result<void> make_private_directory(const std::filesystem::path& directory);

// Creates the file, empty, for this account only from its first moment (Linux: 0600; Windows: also SYSTEM and
// Administrators, inheriting nothing), or checks that this process may read and write what is there, whose mode or
// access list stays as it is. Locks of this process on the file stay. A directory in its place is no error here.
Result<void> make_private_file(const std::filesystem::path& file);

}  // namespace riposte
