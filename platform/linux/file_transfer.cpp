// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_transfer.h"

#include "platform/linux/critical_files.h"
#include "platform/linux/file_properties.h"
#include "platform/linux/safe_path.h"
#include "platform/linux/unique_fd.h"
#include "platform/sha256.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 65'536;

// ---- looking ----

// Stays through a rename, and is not that of a later file with the same inode number (where the file system keeps the
// time of birth).
Result<std::string> identity_of(int file, const std::string& path) {
    struct statx status {};
    if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0)
        return os_error(errno, "look at " + path);
    const bool has_birth = (status.stx_mask & STATX_BTIME) != 0;
    return std::to_string(status.stx_dev_major) + ":" + std::to_string(status.stx_dev_minor) + ":" +
           std::to_string(status.stx_ino) + ":" +
           (has_birth ? std::to_string(status.stx_btime.tv_sec) + "." + std::to_string(status.stx_btime.tv_nsec) : "-");
}

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISLNK(mode)) return "a symbolic link";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

Result<struct stat> look_at(const Place& place) {
    struct stat status {};
    if (::fstatat(place.directory(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return os_error(errno, "look at " + place.path);
    return status;
}

bool same_inode(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool same_content_times(const struct stat& left, const struct stat& right) {
    return left.st_size == right.st_size && left.st_mtim.tv_sec == right.st_mtim.tv_sec &&
           left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

// Looked at before it is opened: opening alone has effects on some devices.
Result<UniqueFd> open_regular(const Place& place, int access) {
    const auto before = look_at(place);
    if (!before) return before.error();
    if (!S_ISREG(before->st_mode)) return failure(place.path + " is " + kind_of(before->st_mode) + ", no regular file");
    const int flags = access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    UniqueFd file(::openat(place.directory(), place.name.c_str(), flags | O_NOATIME));
    if (!file && errno == EPERM) file.reset(::openat(place.directory(), place.name.c_str(), flags));
    if (!file) return os_error(errno, "open " + place.path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return os_error(errno, "look at " + place.path);
    if (!S_ISREG(status.st_mode) || !same_inode(*before, status))
        return failure(place.path + " was exchanged while it was looked at");
    return file;
}

// ---- content ----

// Reads the whole file from its start; `each` gets the blocks.
template <class Each>
Result<void> read_blocks(int file, const std::string& path, Each each) {
    std::array<char, kBlock> block{};
    for (off_t offset = 0;;) {
        const ssize_t count = ::pread(file, block.data(), block.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error(errno, "read " + path);
        if (count == 0) return {};
        if (auto taken = each(std::string_view(block.data(), static_cast<std::size_t>(count))); !taken) return taken;
        offset += count;
    }
}

Result<std::string> hash_of(int file, const std::string& path) {
    Sha256 hash;
    const auto read = read_blocks(file, path, [&](std::string_view block) -> Result<void> {
        hash.add(block.data(), block.size());
        return {};
    });
    if (!read) return read.error();
    return hash.finish();
}

Result<void> write_block(int file, std::string_view block, const std::string& path) {
    while (!block.empty()) {
        const ssize_t count = ::write(file, block.data(), block.size());
        if (count < 0 && errno != EINTR) return os_error(errno, "write to " + path);
        if (count > 0) block.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

// Reads the copy again after it is synced. If its content is not the recorded one, this fails and the caller removes
// the copy.
Result<void> copy_content(int from, int to, const std::string& sha256, const std::string& path) {
    auto copied = read_blocks(from, path, [&](std::string_view block) { return write_block(to, block, path); });
    if (!copied) return copied;
    if (::fsync(to) != 0) return os_error(errno, "sync the copy of " + path);
    const auto hash = hash_of(to, path);
    if (!hash) return hash.error();
    if (*hash != sha256) return failure("the copy of " + path + " differs: somebody writes to it, or the disk fails");
    return {};
}

// ---- moving ----

// Error file_exists if there is something already.
Result<void> rename_to_free(int from_directory, const char* from, int to_directory, const char* to,
                            const std::string& path) {
    if (::renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) == 0) return {};
    // Not every file system has the flag; a link cannot replace anything either.
    const bool lacks_flag = errno == EINVAL || errno == ENOSYS;
    if (lacks_flag && ::linkat(from_directory, from, to_directory, to, 0) == 0) {
        if (::unlinkat(from_directory, from, 0) == 0) return {};
    }
    return os_error(errno, "move to " + path);
}

// A file beside others that is gone again unless it was given another name.
class TemporaryFile {
  public:
    static Result<TemporaryFile> create(int directory, std::string name) {
        // A crash may have left the last one.
        ::unlinkat(directory, name.c_str(), 0);
        UniqueFd file(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return os_error(errno, "create " + name);
        return TemporaryFile(directory, std::move(name), std::move(file));
    }
    TemporaryFile(TemporaryFile&& other) noexcept
        : directory_(other.directory_), name_(std::exchange(other.name_, {})), file_(std::move(other.file_)) {}
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile() {
        if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
    }

    int file() const { return file_.get(); }
    Result<void> rename(const char* name, const std::string& path) {
        if (auto renamed = rename_to_free(directory_, name_.c_str(), directory_, name, path); !renamed) return renamed;
        name_.clear();
        return {};
    }

  private:
    TemporaryFile(int directory, std::string name, UniqueFd file)
        : directory_(directory), name_(std::move(name)), file_(std::move(file)) {}
    int directory_;
    std::string name_;
    UniqueFd file_;
};

Result<UniqueFd> open_store(const fs::path& content) {
    UniqueFd directory(::open(content.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return os_error(errno, "open " + content.parent_path().string());
    return directory;
}

// Appears at its place only when it is complete. The directory may be a user's, who can exchange what is in it.
Result<void> copy_back(int store, const std::string& name, const Place& place, const FileFacts& facts,
                       const std::function<Result<void>(const std::string&)>& tell_identity) {
    // Before an identity is told: what stands there may be the file whose identity was told last.
    if (look_at(place)) return failure(std::errc::file_exists, "move to " + place.path);
    const UniqueFd from(::openat(store, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC));
    if (!from) return os_error(errno, "open what was kept of " + place.path);
    auto copy = TemporaryFile::create(place.directory(), ".riposte-" + facts.sha256.substr(0, 16));
    if (!copy) return copy.error();
    if (auto copied = copy_content(from.get(), copy->file(), facts.sha256, place.path); !copied) return copied;
    if (auto set = write_properties(copy->file(), facts.properties, place.path); !set) return set;
    if (::fsync(copy->file()) != 0) return os_error(errno, "sync " + place.path);
    const auto identity = identity_of(copy->file(), place.path);
    if (!identity) return identity.error();
    if (auto told = tell_identity(*identity); !told) return told;
    if (auto renamed = copy->rename(place.name.c_str(), place.path); !renamed) return renamed;
    const auto there = look_at(place);
    struct stat written {};
    if (!there || ::fstat(copy->file(), &written) != 0 || !same_inode(*there, written))
        return failure(place.path + " was exchanged while it was put back");
    if (auto synced = sync_directory(place.directory(), place.path); !synced) return synced;
    if (::unlinkat(store, name.c_str(), 0) != 0) return os_error(errno, "remove what was kept of " + place.path);
    return {};
}

}  // namespace

struct FileInPlace::Held {
    Place place;
    UniqueFd file;
    struct stat status {};
    FileFacts facts;

    const std::string& path() const { return place.path; }
    Result<void> read_facts();
    Result<void> check_in_place() const;
    Result<FileFacts> rename_into(int store, const char* name);
    Result<FileFacts> copy_into(int store, const char* name);
};

Result<void> FileInPlace::Held::read_facts() {
    if (::fstat(file.get(), &status) != 0) return os_error(errno, "look at " + path());
    auto properties = read_properties(file.get(), path());
    if (!properties) return properties.error();
    auto identity = identity_of(file.get(), path());
    if (!identity) return identity.error();
    auto hash = hash_of(file.get(), path());
    if (!hash) return hash.error();
    facts = {static_cast<std::uint64_t>(status.st_size), std::move(*hash), std::move(*identity),
             std::move(*properties)};
    return {};
}

// Whether the name still leads to what is held.
Result<void> FileInPlace::Held::check_in_place() const {
    const auto found = look_at(place);
    if (!found) return found.error();
    return same_inode(*found, status) ? Result<void>() : failure(path() + " was exchanged meanwhile");
}

Result<FileFacts> FileInPlace::Held::rename_into(int store, const char* name) {
    if (::renameat(place.directory(), place.name.c_str(), store, name) != 0) return os_error(errno, "move " + path());
    struct stat moved {};
    const bool is_it =
        ::fstatat(store, name, &moved, AT_SYMLINK_NOFOLLOW) == 0 && same_inode(moved, status) && moved.st_nlink == 1;
    if (!is_it) {
        static_cast<void>(rename_to_free(store, name, place.directory(), place.name.c_str(), path()));
        return failure(path() + " was exchanged or linked to while it was moved");
    }
    // A process that had the file open before the move can still write to it: then its facts are read again.
    const bool is_unchanged = same_content_times(moved, status);
    if (is_unchanged) return facts;
    if (auto read = read_facts(); !read) return read.error();
    return facts;
}

Result<FileFacts> FileInPlace::Held::copy_into(int store, const char* name) {
    auto copy = TemporaryFile::create(store, std::string(name) + ".partial");
    if (!copy) return copy.error();
    if (auto copied = copy_content(file.get(), copy->file(), facts.sha256, path()); !copied) return copied.error();
    struct stat now {};
    if (::fstat(file.get(), &now) != 0) return os_error(errno, "look at " + path());
    if (!same_content_times(now, status)) return failure("somebody writes to " + path() + " while it is copied");
    if (auto there = check_in_place(); !there) return there.error();
    if (auto renamed = copy->rename(name, path()); !renamed) return renamed.error();
    if (auto synced = sync_directory(store, path()); !synced) return synced.error();
    if (::unlinkat(place.directory(), place.name.c_str(), 0) == 0) return facts;
    const int code = errno;
    ::unlinkat(store, name, 0);
    return os_error(code, "remove " + path());
}

FileInPlace::FileInPlace(std::unique_ptr<Held> held) : held_(std::move(held)) {}
FileInPlace::FileInPlace(FileInPlace&&) noexcept = default;
FileInPlace::~FileInPlace() = default;

Result<FileInPlace> FileInPlace::open(const std::string& plain_path, const std::vector<fs::path>& off_limits) {
    auto place = find_place(plain_path);
    if (!place) return place.error();
    auto held = std::make_unique<Held>(Held{std::move(*place), {}, {}, {}});
    auto file = open_regular(held->place, O_RDONLY);
    if (!file) return file.error();
    held->file = std::move(*file);
    struct stat status {};
    if (::fstat(held->file.get(), &status) != 0) return os_error(errno, "look at " + plain_path);
    if (status.st_nlink > 1)
        return failure(plain_path + " has " + std::to_string(status.st_nlink) + " names (hard links)");
    if (const auto reason = find_critical(held->place, status, off_limits))
        return failure(plain_path + " is not to be moved: " + *reason);
    if (auto read = held->read_facts(); !read) return read.error();
    return FileInPlace(std::move(held));
}

const FileFacts& FileInPlace::facts() const {
    return held_->facts;
}

Result<FileFacts> FileInPlace::move_to(const fs::path& content) {
    const auto store = open_store(content);
    if (!store) return store.error();
    const std::string name = content.filename().string();
    const FileProperties properties = held_->facts.properties;
    if (auto cleared = clear_hindering_flags(held_->file.get(), held_->path()); !cleared) return cleared.error();
    auto moved = held_->rename_into(store->get(), name.c_str());
    if (!moved && moved.error().code == std::errc::cross_device_link)
        moved = held_->copy_into(store->get(), name.c_str());
    if (!moved) {
        static_cast<void>(set_hindering_flags(held_->file.get(), properties, held_->path()));
        return moved;
    }
    if (auto synced = sync_directory(store->get(), held_->path()); !synced) return synced.error();
    if (auto synced = sync_directory(held_->place.directory(), held_->path()); !synced) return synced.error();
    return moved;
}

Result<void> FileInPlace::remove() {
    if (auto there = held_->check_in_place(); !there) return there;
    if (auto cleared = clear_hindering_flags(held_->file.get(), held_->path()); !cleared) return cleared;
    if (::unlinkat(held_->place.directory(), held_->place.name.c_str(), 0) != 0)
        return os_error(errno, "remove " + held_->path());
    return sync_directory(held_->place.directory(), held_->path());
}

Result<void> FileInPlace::set_properties(const FileProperties& properties) {
    if (auto cleared = clear_hindering_flags(held_->file.get(), held_->path()); !cleared) return cleared;
    if (auto set = write_properties(held_->file.get(), properties, held_->path()); !set) return set;
    if (auto set = set_hindering_flags(held_->file.get(), properties, held_->path()); !set) return set;
    if (::fsync(held_->file.get()) != 0) return os_error(errno, "sync " + held_->path());
    return {};
}

Result<void> put_back(const fs::path& content, const std::string& plain_path, const FileFacts& facts,
                      const std::function<Result<void>(const std::string&)>& tell_identity) {
    const auto place = find_place(plain_path);
    if (!place) return place.error();
    const auto store = open_store(content);
    if (!store) return store.error();
    const std::string name = content.filename().string();
    auto moved = rename_to_free(store->get(), name.c_str(), place->directory(), place->name.c_str(), plain_path);
    if (!moved && moved.error().code == std::errc::cross_device_link)
        moved = copy_back(store->get(), name, *place, facts, tell_identity);
    if (!moved) return moved;
    if (auto synced = sync_directory(place->directory(), plain_path); !synced) return synced;
    return sync_directory(store->get(), content.string());
}

Result<std::string> sha256_of(const fs::path& file) {
    const UniqueFd opened(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC));
    if (!opened) return os_error(errno, "open " + file.string());
    return hash_of(opened.get(), file.string());
}

Result<void> may_take_files() {
    if (::geteuid() == 0) return {};
    return failure(std::errc::not_supported, "only root may take any file: run it as root");
}

Result<std::string> plain_file_path(std::string_view path) {
    if (!path.starts_with('/')) return failure("it is no absolute path");
    if (path.ends_with('/')) return failure("it ends with a slash");
    if (path.size() >= PATH_MAX) return failure("it is longer than a path can be");
    std::string plain;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        if (part == "..") return failure("it has .. in it");
        if (part.size() > NAME_MAX) return failure("a part of it is longer than a name can be");
        if (part.find('\0') != std::string_view::npos) return failure("it has a NUL byte in it");
        if (!part.empty() && part != ".") plain.append("/").append(part);
    }
    if (plain.empty()) return failure("it is the root directory");
    return plain;
}

std::string comparable_path(const std::string& plain_path) {
    return plain_path;
}

}  // namespace riposte
