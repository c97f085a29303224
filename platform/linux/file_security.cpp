// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"

#include "platform/linux/unique_fd.h"

#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <sys/stat.h>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr int kLinksFollowed = 4;

std::string octal(mode_t mode) {
    std::string text = "0";
    for (int shift = 6; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7U));
    return text;
}

bool is_trusted_owner(uid_t owner) {
    return owner == 0 || owner == ::geteuid();
}

// The reason why others than a trusted user could change the file, with the remedy. A POSIX ACL needs no look of its
// own: what it grants to further users and groups is capped by its mask, which stands where the group's bits are.
std::optional<Error> find_untrusted(const struct stat& status, const std::string& path) {
    if (!is_trusted_owner(status.st_uid)) {
        return failure(path + " belongs to user " + std::to_string(status.st_uid) + ", not to " +
                       (::geteuid() == 0 ? "root" : "root or user " + std::to_string(::geteuid())) + ": chown root " +
                       path);
    }
    const std::string mode = "(mode " + octal(status.st_mode) + ")";
    if ((status.st_mode & S_IWOTH) != 0) {
        return failure(path + " is writable by everybody " + mode + ": chmod go-w " + path);
    }
    if ((status.st_mode & S_IWGRP) != 0) {
        return failure(path + " is writable by its group " + mode + ": chmod go-w " + path);
    }
    return std::nullopt;
}

Result<UniqueFd> open_trusted_directory(const std::string& path) {
    UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int code = errno;
    if (!directory && (code == ENOTDIR || code == ELOOP)) {
        return failure(path + " is a symbolic link or no directory: put a real directory there");
    }
    struct stat status {};
    if (!directory || ::fstat(directory.get(), &status) != 0) return os_error(code, "open " + path);
    if (const auto untrusted = find_untrusted(status, path)) return *untrusted;
    return directory;
}

// A name may come from a message: it is shown whole only if it is short and printable.
std::string shown(std::string_view name) {
    std::string text = "\"";
    for (const char character : name.substr(0, 80)) {
        const bool printable = static_cast<unsigned char>(character) >= 0x20 && character != 0x7f;
        text += printable ? character : '?';
    }
    return text + (name.size() > 80 ? "...\"" : "\"");
}

bool is_bare_name(std::string_view name) {
    return !name.empty() && name.size() <= NAME_MAX && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

// A file that may be run but not read (mode 0111, and this is not root) can still be checked and run through O_PATH.
UniqueFd open_entry(int directory, const std::string& name) {
    // O_NONBLOCK: a FIFO must not hold us up.
    UniqueFd file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file && errno == EACCES) file.reset(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    return above_standard(std::move(file));
}

Result<std::string> read_link(int directory, const std::string& name, const std::string& path) {
    std::array<char, NAME_MAX + 1> buffer{};
    const ssize_t size = ::readlinkat(directory, name.c_str(), buffer.data(), buffer.size());
    if (size < 0) return os_error(errno, "read the symbolic link " + path);
    std::string target(buffer.data(), static_cast<std::size_t>(size));
    if (!is_bare_name(target)) {
        return failure(path + " is a symbolic link to " + shown(target) +
                       ", which is not the bare name of another file there: replace it with the file itself");
    }
    return target;
}

// Opens the entry, following links from bare name to bare name.
Result<UniqueFd> open_in(int directory, std::string name, const std::string& path) {
    for (int links = 0; links <= kLinksFollowed; ++links) {
        UniqueFd file = open_entry(directory, name);
        const int code = errno;
        if (file) return file;
        if (code == ENXIO) return failure(path + " is not a regular file: replace it with the program itself");
        if (code != ELOOP) return os_error(code, "open " + path);
        auto target = read_link(directory, name, path);
        if (!target) return target.error();
        name = std::move(*target);
    }
    return failure(path + " leads through more than " + std::to_string(kLinksFollowed) +
                   " symbolic links: replace it with the file itself");
}

bool starts_like_script(int file) {
    std::array<char, 2> start{};
    return ::pread(file, start.data(), start.size(), 0) == 2 && start[0] == '#' && start[1] == '!';
}

std::string absolute_path(const fs::path& path) {
    std::error_code ignored;
    const fs::path absolute = fs::absolute(path, ignored);
    return (absolute.empty() ? path : absolute).lexically_normal().string();
}

std::string without_final_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

Result<void> check_regular_file(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return os_error(errno, "open " + file.string());
    if (!S_ISREG(status.st_mode)) return failure(file.string() + " is not a regular file: replace it with one");
    if (const auto untrusted = find_untrusted(status, file.string())) return *untrusted;
    return {};
}

Result<void> check_directory_of(const fs::path& file) {
    struct stat status {};
    const std::string directory = file.parent_path().string();
    if (::stat(directory.c_str(), &status) != 0) return os_error(errno, "open " + directory);
    if (const auto untrusted = find_untrusted(status, directory)) return *untrusted;
    return {};
}

}  // namespace

TrustedExecutable::~TrustedExecutable() {
    if (handle_ >= 0) ::close(static_cast<int>(handle_));
}

Result<TrustedExecutable> open_trusted_executable(const fs::path& bin, std::string_view name) {
    if (!is_bare_name(name)) {
        return failure("the executable " + shown(name) + " is not a bare file name: name a file in " + bin.string());
    }
    const std::string directory_path = without_final_slash(absolute_path(bin));
    const auto directory = open_trusted_directory(directory_path);
    if (!directory) return directory.error();

    TrustedExecutable executable;
    executable.path_ = directory_path + "/" + std::string(name);
    auto file = open_in(directory->get(), std::string(name), executable.path_);
    if (!file) return file.error();

    struct stat status {};
    if (::fstat(file->get(), &status) != 0) return os_error(errno, "look at " + executable.path_);
    if (!S_ISREG(status.st_mode)) {
        return failure(executable.path_ + " is not a regular file: replace it with the program itself");
    }
    if (const auto untrusted = find_untrusted(status, executable.path_)) return *untrusted;
    if ((status.st_mode & S_IXUSR) == 0) {
        return failure(executable.path_ + " is not executable (mode " + octal(status.st_mode) + "): chmod u+x " +
                       executable.path_);
    }
    executable.is_script_ = starts_like_script(file->get());
    executable.handle_ = file->release();
    return executable;
}

Result<void> check_trusted_file(const fs::path& file) {
    const fs::path given = absolute_path(file);
    if (auto checked = check_regular_file(given); !checked) return checked;
    if (auto checked = check_directory_of(given); !checked) return checked;
    // Where a link leads, the target's own directory counts as well.
    std::error_code code;
    const fs::path real = fs::canonical(given, code);
    if (code) return Error{code, "open " + given.string()};
    return check_directory_of(real);
}

Result<void> make_private_directory(const fs::path& directory) {
    const fs::path path = without_final_slash(absolute_path(directory));
    fs::path created;
    for (const auto& part : path) {
        created /= part;
        if (::mkdir(created.c_str(), 0700) == 0) continue;
        const int code = errno;
        struct stat status {};
        // An existing parent may be reported as read-only or forbidden rather than as existing.
        if (code != EEXIST && ::stat(created.c_str(), &status) != 0) {
            return os_error(code, "create the directory " + created.string());
        }
    }
    const auto opened = open_trusted_directory(path.string());
    if (!opened) return opened.error();
    return {};
}

Result<void> make_private_file(const fs::path& file) {
    const UniqueFd created(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (created) return {};
    if (const int code = errno; code != EEXIST) return os_error(code, "create " + file.string());
    // Not opened: closing it would release this process's locks on it (fcntl(2)).
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return {};
    const int code = errno;
    return os_error(code, "open " + file.string());
}

}  // namespace riposte
