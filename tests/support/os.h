// SPDX-License-Identifier: Apache-2.0
// System functions that tests need beyond the standard library, implemented once for each system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace riposte::test {

// The exit code of a process that end_at_once() ended, as RoleProcess tells it.
inline constexpr int kEndedAtOnce = 137;

// "linux" or "windows".
const char* system_name();

// Whether this process may do everything: root, or on Windows an administrator.
bool is_root();

std::int64_t process_id();
// False for one that has ended, also if nobody has asked for its exit code yet.
bool process_exists(std::int64_t id);
// Ends that process without giving it a chance to do anything. False if there is none.
bool end_process(std::int64_t id);
// The same for this process: as kill -9, or as power loss.
[[noreturn]] void end_at_once();
// How many files, pipes and other objects of the system this process has open.
std::size_t open_handles();

// Both change what std::getenv returns and the environment that children inherit.
void set_variable(const std::string& name, const std::string& value);
void unset_variable(const std::string& name);

// A new directory that only this user (Windows: and SYSTEM and Administrators) may use.
void create_private_directory(const std::filesystem::path& directory);
// Lets every user of the machine write the file or directory.
void let_everybody_write(const std::filesystem::path& path);

// Appends the text in one step, so that programs that append to the same file at the same time leave each text whole.
// Throws std::system_error.
void append_text(const std::filesystem::path& file, const std::string& text);

// The features of this system's files that tests may rely on.
struct FileFeatures {
    bool moved_in_use;  // one that a process has open can be renamed and removed
    bool modes;         // one has a mode of its own; else the access list of its directory counts
    bool links;         // std::filesystem can make symbolic links
};
FileFeatures file_features();

// Whether it is told at any moment how much a child has not read of its standard input.
bool tells_what_is_unread();

// Whether a connection that was reset is told from one that was closed.
bool tells_resets();

// Sets a variable for as long as it lives.
class Variable {
  public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) { set_variable(name_, value); }
    ~Variable() { unset_variable(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    std::string name_;
};

}  // namespace riposte::test
