// SPDX-License-Identifier: Apache-2.0
// Taking a file out of everybody's reach and putting it back as it was, on ways that nobody else can bend meanwhile.
#pragma once

#include "platform/include/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// The metadata of a file that is recorded and restored, as the system words it. A value may be any bytes. Linux: owner,
// group, mode, times of access and modification, inode flags, extended attributes (ACLs and security labels are among
// them). Windows: owner, group, access list, attributes, times of creation, access and modification.
using FileProperties = std::map<std::string, std::string>;

struct FileFacts {
    std::uint64_t size = 0;
    std::string sha256;    // 64 hexadecimal digits
    std::string identity;  // two files that exist have different ones; stays through a move inside a file system
    FileProperties properties;

    bool operator==(const FileFacts&) const = default;
};

// The absolute path in plain form, one text for one way to a file, without looking at the file system. An Error for a
// path that is relative, has ".." in it, ends with a separator, or is longer than the system takes. Windows: with
// backslashes and an upper-case drive; refuses all that is not on a drive letter, and names with a meaning of their own
// (devices, streams, dots and blanks at the end).
Result<std::string> plain_file_path(std::string_view path);
// Plain paths that name the same file have the same text here. Linux: itself. Windows: in upper case.
std::string comparable_path(const std::string& plain_path);

// A regular file where it belongs, held open. Not for several threads.
class FileInPlace {
  public:
    // `plain_path` as plain_file_path() gave it; reads the whole file. Error no_such_file_or_directory if there is
    // nothing at that path. Refused, with an Error that has no code: what is no regular file (a directory, device,
    // pipe, socket or link), a file that has other names (hard links), one below the directories that are off limits,
    // and one that the system or this process needs to run.
    //
    // Symbolic links on the way (Windows: reparse points). Linux: followed only if root made them, in a directory that
    // only root can write; otherwise refused. Windows: refused.
    static Result<FileInPlace> open(const std::string& plain_path,
                                    const std::vector<std::filesystem::path>& off_limits);
    FileInPlace(FileInPlace&&) noexcept;
    FileInPlace& operator=(FileInPlace&&) = delete;
    ~FileInPlace();

    const FileFacts& facts() const;

    // Moves it to `content`, which does not exist, in a private directory; nobody who could use the file can use it
    // there. On another file system it is copied, synced, compared and then removed here; `content` is complete as soon
    // as it exists. Tells the facts of what was moved, which differ if somebody wrote to the file meanwhile. If it
    // fails, the file is where it was. On disk when this returns. Windows: only on its own drive if it has streams
    // beside its content. The last call, as remove() is.
    Result<FileFacts> move_to(const std::filesystem::path& content);
    // The file, not what another put in its place.
    Result<void> remove();
    // Those that differ.
    Result<void> set_properties(const FileProperties& properties);

  private:
    struct Held;
    explicit FileInPlace(std::unique_ptr<Held> held);
    std::unique_ptr<Held> held_;
};

// Moves `content` to the plain path, whose directory exists and at which there is nothing: else file_exists. Of the
// properties all are set then but those that set_properties() would set on it there. On another file system a copy is
// made beside the path and compared; then `tell_identity` is called with what its identity will be, whose Error ends
// it; then it appears at the path, and `content` is removed. On disk when this returns.
Result<void> put_back(const std::filesystem::path& content, const std::string& plain_path, const FileFacts& facts,
                      const std::function<Result<void>(const std::string& identity)>& tell_identity);

// Of a file that nobody else can change.
Result<std::string> sha256_of(const std::filesystem::path& file);

// Whether this process may take any file; not_supported, saying what it lacks, if not.
Result<void> may_take_files();

}  // namespace riposte
