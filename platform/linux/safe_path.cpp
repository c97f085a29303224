// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/safe_path.h"

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <sys/stat.h>

namespace riposte {
namespace {

constexpr int kMostLinks = 16;

bool is_trusted(const struct stat& status) {
    return status.st_uid == 0 || status.st_uid == ::geteuid();
}

std::deque<std::string> components(std::string_view path) {
    std::deque<std::string> parts;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".") parts.emplace_back(part);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return parts;
}

// The target of a link that may be followed.
Result<std::string> read_trusted_link(int directory, int link, const struct stat& status, const std::string& shown) {
    struct stat parent {};
    if (::fstat(directory, &parent) != 0) return os_error(errno, "look at the directory of " + shown);
    if (!is_trusted(status) || !is_trusted(parent) || (parent.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return failure(shown + " is a symbolic link that others than root could have made");
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
    if (size < 0) return os_error(errno, "read the symbolic link " + shown);
    return std::string(target.data(), static_cast<std::size_t>(size));
}

class Walk {
  public:
    explicit Walk(std::string_view path) : path_(path), left_(components(path)) {}

    Result<Place> run() {
        if (left_.empty()) return failure(std::errc::is_a_directory, "take the root directory for a file");
        directories_.emplace_back(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directories_.back()) return os_error(errno, "open /");
        while (left_.size() > 1) {
            if (auto stepped = step(); !stepped) return stepped.error();
        }
        return Place{std::move(directories_), left_.front(), std::string(path_)};
    }

  private:
    Result<void> step() {
        const std::string name = std::move(left_.front());
        left_.pop_front();
        if (name == "..") {
            if (directories_.size() > 1) directories_.pop_back();
            return {};
        }
        const std::string shown = "\"" + name + "\" on the way to " + std::string(path_);
        const int directory = directories_.back().get();
        UniqueFd next(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!next) return os_error(errno, "open " + shown);
        struct stat status {};
        if (::fstat(next.get(), &status) != 0) return os_error(errno, "look at " + shown);
        if (S_ISLNK(status.st_mode)) return follow(directory, next.get(), status, shown);
        if (!S_ISDIR(status.st_mode)) return failure(std::errc::not_a_directory, "open " + shown);
        directories_.push_back(std::move(next));
        return {};
    }

    Result<void> follow(int directory, int link, const struct stat& status, const std::string& shown) {
        if (++links_ > kMostLinks) return failure(std::errc::too_many_symbolic_link_levels, "open " + shown);
        const auto target = read_trusted_link(directory, link, status, shown);
        if (!target) return target.error();
        if (target->starts_with('/')) directories_.erase(directories_.begin() + 1, directories_.end());
        const auto parts = components(*target);
        left_.insert(left_.begin(), parts.begin(), parts.end());
        return {};
    }

    std::string_view path_;
    std::deque<std::string> left_;
    std::vector<UniqueFd> directories_;
    int links_ = 0;
};

}  // namespace

Result<Place> find_place(std::string_view path) {
    return Walk(path).run();
}

Result<void> sync_directory(int directory, const std::string& path) {
    // `directory` may be an O_PATH descriptor, which cannot be synced.
    const UniqueFd readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable || ::fsync(readable.get()) != 0) return os_error(errno, "sync the directory of " + path);
    return {};
}

}  // namespace riposte
