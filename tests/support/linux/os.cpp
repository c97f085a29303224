// SPDX-License-Identifier: Apache-2.0
#include "tests/support/os.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace riposte::test {

const char* system_name() {
    return "linux";
}

bool is_root() {
    return ::geteuid() == 0;
}

std::int64_t process_id() {
    return ::getpid();
}

bool process_exists(std::int64_t id) {
    std::ifstream stream("/proc/" + std::to_string(id) + "/stat");
    const std::string status{std::istreambuf_iterator<char>(stream), {}};
    // A zombie is no process any more, but may wait for its adoptive parent.
    const std::size_t name_end = status.rfind(')');
    return name_end != std::string::npos && status.compare(name_end + 2, 1, "Z") != 0;
}

bool end_process(std::int64_t id) {
    return ::kill(static_cast<pid_t>(id), SIGKILL) == 0;
}

bool tells_resets() {
    return true;
}

bool tells_what_is_unread() {
    return true;
}

void end_at_once() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

std::size_t open_handles() {
    const std::filesystem::directory_iterator begin("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

void set_variable(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
}

void unset_variable(const std::string& name) {
    ::unsetenv(name.c_str());
}

void create_private_directory(const std::filesystem::path& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0)
        throw std::system_error(errno, std::generic_category(), "mkdir " + directory.string());
}

void let_everybody_write(const std::filesystem::path& path) {
    std::filesystem::permissions(path, std::filesystem::perms::others_write, std::filesystem::perm_options::add);
}

void append_text(const std::filesystem::path& file, const std::string& text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    const bool done =
        descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!done) throw std::system_error(error, std::generic_category(), "append to " + file.string());
}

FileFeatures file_features() {
    return {true, true, true};
}

}  // namespace riposte::test
