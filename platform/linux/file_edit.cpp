// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_edit.h"

#include "platform/linux/unique_fd.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSize = 16 << 20;
constexpr mode_t kNewMode = 0644;

// The file itself is replaced, so the lock is on its directory.
Result<UniqueFd> lock_directory(const fs::path& directory) {
    UniqueFd descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor) return os_error(errno, "open " + directory.string());
    while (::flock(descriptor.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return os_error(errno, "lock " + directory.string());
    }
    return descriptor;
}

Result<std::string> read_all(int descriptor, const std::string& shown) {
    std::string content;
    std::array<char, 16'384> buffer{};
    for (;;) {
        const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error(errno, "read " + shown);
        if (count == 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.size() > kMaxSize) return failure(shown + " is larger than 16 MiB");
    }
}

// Empty if there is no such file.
Result<UniqueFd> open_regular(const fs::path& file) {
    // Opening a pipe would wait for its writer.
    UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!descriptor && errno == ENOENT) return UniqueFd();
    if (!descriptor) return os_error(errno, "open " + file.string());
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) return os_error(errno, "look at " + file.string());
    if (!S_ISREG(status.st_mode)) return failure(file.string() + " is no regular file");
    return descriptor;
}

Result<void> copy_attributes(int from, int to, const std::string& shown) {
    const ssize_t size = ::flistxattr(from, nullptr, 0);
    if (size < 0 && errno != ENOTSUP) return os_error(errno, "list the attributes of " + shown);
    if (size <= 0) return {};
    std::vector<char> names(static_cast<std::size_t>(size));
    const ssize_t listed = ::flistxattr(from, names.data(), names.size());
    if (listed < 0) return os_error(errno, "list the attributes of " + shown);
    for (std::string_view rest(names.data(), static_cast<std::size_t>(listed)); !rest.empty();) {
        const char* const name = rest.data();
        rest.remove_prefix(std::string_view(name).size() + 1);
        std::array<char, 65'536> value{};
        const ssize_t length = ::fgetxattr(from, name, value.data(), value.size());
        if (length < 0) return os_error(errno, std::string("read the attribute ") + name + " of " + shown);
        if (::fsetxattr(to, name, value.data(), static_cast<std::size_t>(length), 0) != 0)
            return os_error(errno, std::string("set the attribute ") + name + " of " + shown);
    }
    return {};
}

// Owner first: changing it clears mode bits and privileges.
Result<void> copy_security(const UniqueFd& old_file, int fresh, const std::string& shown) {
    if (!old_file) return ::fchmod(fresh, kNewMode) == 0 ? Result<void>() : os_error(errno, "set the mode of " + shown);
    struct stat status {};
    if (::fstat(old_file.get(), &status) != 0) return os_error(errno, "look at " + shown);
    if (::fchown(fresh, status.st_uid, status.st_gid) != 0) return os_error(errno, "set the owner of " + shown);
    if (::fchmod(fresh, status.st_mode & 07777) != 0) return os_error(errno, "set the mode of " + shown);
    return copy_attributes(old_file.get(), fresh, shown);
}

Result<void> write_all(int descriptor, std::string_view text, const std::string& shown) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno != EINTR) return os_error(errno, "write to " + shown);
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fsync(descriptor) == 0 ? Result<void>() : os_error(errno, "sync " + shown);
}

// A new file beside the old one, gone again unless it took its place.
class Replacement {
  public:
    static Result<Replacement> create(const fs::path& file) {
        std::string name = (file.parent_path() / ("." + file.filename().string() + ".riposte-XXXXXX")).string();
        UniqueFd descriptor(::mkostemp(name.data(), O_CLOEXEC));
        if (!descriptor) return os_error(errno, "create " + name);
        return Replacement(std::move(name), std::move(descriptor));
    }
    Replacement(Replacement&& other) noexcept
        : name_(std::exchange(other.name_, {})), descriptor_(std::move(other.descriptor_)) {}
    Replacement& operator=(Replacement&&) = delete;
    ~Replacement() {
        if (!name_.empty()) ::unlink(name_.c_str());
    }

    int descriptor() const { return descriptor_.get(); }
    const std::string& name() const { return name_; }

    Result<void> take_place(const fs::path& file) {
        if (::rename(name_.c_str(), file.c_str()) != 0) return os_error(errno, "replace " + file.string());
        name_.clear();
        return {};
    }

  private:
    Replacement(std::string name, UniqueFd descriptor) : name_(std::move(name)), descriptor_(std::move(descriptor)) {}
    std::string name_;
    UniqueFd descriptor_;
};

Result<void> replace(const fs::path& file, const UniqueFd& old_file, const std::string& content) {
    auto fresh = Replacement::create(file);
    if (!fresh) return fresh.error();
    if (auto copied = copy_security(old_file, fresh->descriptor(), fresh->name()); !copied) return copied;
    if (auto written = write_all(fresh->descriptor(), content, fresh->name()); !written) return written;
    return fresh->take_place(file);
}

// Where the file is if its name is a symbolic link.
fs::path resolved(const fs::path& file) {
    std::error_code code;
    fs::path real = fs::canonical(file, code);
    return code ? fs::absolute(file) : real;
}

}  // namespace

Result<bool> edit_file(const fs::path& file, const std::function<std::string(const std::string&)>& edit) {
    const fs::path place = resolved(file);
    const auto directory = lock_directory(place.parent_path());
    if (!directory) return directory.error();
    const auto old_file = open_regular(place);
    if (!old_file) return old_file.error();
    const auto content = *old_file ? read_all(old_file->get(), place.string()) : Result<std::string>(std::string());
    if (!content) return content.error();
    const std::string changed = edit(*content);
    if (changed == *content) return false;
    if (auto replaced = replace(place, *old_file, changed); !replaced) return replaced.error();
    if (::fsync(directory->get()) != 0) return os_error(errno, "sync " + place.parent_path().string());
    return true;
}

Result<DirectoryLock> DirectoryLock::acquire(const fs::path& directory) {
    auto locked = lock_directory(directory);
    if (!locked) return locked.error();
    return DirectoryLock(locked->release());
}

DirectoryLock::~DirectoryLock() {
    if (handle_ >= 0) ::close(static_cast<int>(handle_));
}

bool may_change_files_in(const fs::path& directory) {
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

Result<bool> create_empty_file(const fs::path& file) {
    const UniqueFd descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewMode));
    if (descriptor) return true;
    if (errno == EEXIST) return false;
    return os_error(errno, "create " + file.string());
}

Result<std::string> read_small_file(const fs::path& file) {
    const auto descriptor = open_regular(file);
    if (!descriptor) return descriptor.error();
    if (!*descriptor) return std::string();
    return read_all(descriptor->get(), file.string());
}

}  // namespace riposte
