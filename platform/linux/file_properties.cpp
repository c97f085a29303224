// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/file_properties.h"

#include "platform/linux/unique_fd.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <linux/fs.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

namespace riposte {
namespace {

constexpr std::string_view kOwner = "owner";
constexpr std::string_view kGroup = "group";
constexpr std::string_view kMode = "mode";
constexpr std::string_view kAccessed = "accessed";
constexpr std::string_view kModified = "modified";
constexpr std::string_view kFlags = "flags";
constexpr std::string_view kAttribute = "attribute.";

constexpr unsigned kHindering = FS_IMMUTABLE_FL | FS_APPEND_FL;
// Those that say how the file is to be used; the others tell how it is stored, or cannot be chosen.
constexpr unsigned kChosen = kHindering | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL | FS_UNRM_FL | FS_SECRM_FL;

// ---- numbers ----

std::string in_base(unsigned long long value, int base) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, base).ptr;
    return {text.data(), end};
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "1700000000.000000042"
std::string time_text(const timespec& time) {
    const std::string fraction = std::to_string(time.tv_nsec);
    return std::to_string(time.tv_sec) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

std::optional<timespec> time_from(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || text.size() != dot + 10) return std::nullopt;
    const auto seconds = number<long>(text.substr(0, dot));
    const auto fraction = number<long>(text.substr(dot + 1));
    if (!seconds || !fraction || *fraction < 0) return std::nullopt;
    return timespec{*seconds, *fraction};
}

// A property, or nothing if there is no such or it is none of ours.
template <class Parse>
auto property(const FileProperties& properties, std::string_view name, Parse parse) -> decltype(parse(name)) {
    const auto found = properties.find(std::string(name));
    return found == properties.end() ? std::nullopt : parse(found->second);
}

// ---- inode flags ----

// None on a file system that has none.
Result<unsigned> read_flags(int file, const std::string& path) {
    int flags = 0;
    if (::ioctl(file, FS_IOC_GETFLAGS, &flags) == 0) return static_cast<unsigned>(flags) & kChosen;
    if (errno == ENOTTY || errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS) return 0U;
    return os_error(errno, "read the flags of " + path);
}

Result<void> change_flags(int file, unsigned affected, unsigned wanted, const std::string& path) {
    const auto chosen = read_flags(file, path);
    if (!chosen) return chosen.error();
    if ((*chosen & affected) == (wanted & affected)) return {};
    int flags = 0;
    if (::ioctl(file, FS_IOC_GETFLAGS, &flags) != 0) return os_error(errno, "read the flags of " + path);
    flags = static_cast<int>((static_cast<unsigned>(flags) & ~affected) | (wanted & affected));
    if (::ioctl(file, FS_IOC_SETFLAGS, &flags) != 0) return os_error(errno, "change the flags of " + path);
    return {};
}

unsigned flags_in(const FileProperties& properties) {
    return property(properties, kFlags, [](auto text) { return number<unsigned>(text, 16); }).value_or(0);
}

// ---- extended attributes: ACLs, security labels, capabilities ----

Result<FileProperties> read_attributes(int file, const std::string& path) {
    FileProperties attributes;
    std::array<char, 65'536> names{};
    const ssize_t size = ::flistxattr(file, names.data(), names.size());
    if (size < 0 && errno == ENOTSUP) return attributes;
    if (size < 0) return os_error(errno, "list the attributes of " + path);
    for (std::string_view rest(names.data(), static_cast<std::size_t>(size)); !rest.empty();) {
        const std::string name(rest.data());
        rest.remove_prefix(name.size() + 1);
        std::array<char, 65'536> value{};
        const ssize_t length = ::fgetxattr(file, name.c_str(), value.data(), value.size());
        if (length < 0) return os_error(errno, "read the attribute " + name + " of " + path);
        attributes.emplace(std::string(kAttribute) + name, std::string(value.data(), static_cast<std::size_t>(length)));
    }
    return attributes;
}

Result<void> write_attributes(int file, const FileProperties& properties, const std::string& path) {
    const auto present = read_attributes(file, path);
    if (!present) return present.error();
    for (const auto& [name, value] : *present) {
        if (properties.contains(name)) continue;
        const std::string attribute = name.substr(kAttribute.size());
        if (::fremovexattr(file, attribute.c_str()) != 0 && errno != ENODATA)
            return os_error(errno, "remove the attribute " + attribute + " of " + path);
    }
    for (const auto& [name, value] : properties) {
        if (!name.starts_with(kAttribute)) continue;
        const auto found = present->find(name);
        if (found != present->end() && found->second == value) continue;
        const std::string attribute = name.substr(kAttribute.size());
        if (::fsetxattr(file, attribute.c_str(), value.data(), value.size(), 0) != 0)
            return os_error(errno, "set the attribute " + attribute + " of " + path);
    }
    return {};
}

// ---- the inode itself ----

Result<void> write_owner_and_mode(int file, const struct stat& status, const FileProperties& properties,
                                  const std::string& path) {
    const auto decimal = [](auto text) { return number<unsigned>(text); };
    const uid_t owner = property(properties, kOwner, decimal).value_or(status.st_uid);
    const gid_t group = property(properties, kGroup, decimal).value_or(status.st_gid);
    const bool is_other = owner != status.st_uid || group != status.st_gid;
    if (is_other && ::fchown(file, owner, group) != 0) return os_error(errno, "set the owner of " + path);
    const auto mode = property(properties, kMode, [](auto text) { return number<unsigned>(text, 8); });
    // A change of the owner clears bits of the mode.
    if (mode && (is_other || (status.st_mode & 07777) != *mode) && ::fchmod(file, *mode & 07777) != 0)
        return os_error(errno, "set the mode of " + path);
    return {};
}

Result<void> write_times(int file, const FileProperties& properties, const std::string& path) {
    const auto accessed = property(properties, kAccessed, time_from);
    const auto modified = property(properties, kModified, time_from);
    const timespec unchanged{0, UTIME_OMIT};
    const std::array<timespec, 2> times{accessed.value_or(unchanged), modified.value_or(unchanged)};
    if (::futimens(file, times.data()) != 0) return os_error(errno, "set the times of " + path);
    return {};
}

}  // namespace

Result<FileProperties> read_properties(int file, const std::string& path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) return os_error(errno, "look at " + path);
    auto properties = read_attributes(file, path);
    if (!properties) return properties;
    const auto flags = read_flags(file, path);
    if (!flags) return flags.error();
    const auto put = [&](std::string_view name, std::string value) {
        properties->emplace(std::string(name), std::move(value));
    };
    put(kOwner, std::to_string(status.st_uid));
    put(kGroup, std::to_string(status.st_gid));
    put(kMode, in_base(status.st_mode & 07777, 8));
    put(kAccessed, time_text(status.st_atim));
    put(kModified, time_text(status.st_mtim));
    if (*flags != 0) put(kFlags, in_base(*flags, 16));
    return properties;
}

Result<void> write_properties(int file, const FileProperties& properties, const std::string& path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) return os_error(errno, "look at " + path);
    if (auto set = write_owner_and_mode(file, status, properties, path); !set) return set;
    if (auto set = write_attributes(file, properties, path); !set) return set;
    if (auto set = change_flags(file, kChosen & ~kHindering, flags_in(properties), path); !set) return set;
    return write_times(file, properties, path);
}

Result<void> set_hindering_flags(int file, const FileProperties& properties, const std::string& path) {
    return change_flags(file, kHindering, flags_in(properties), path);
}

Result<void> clear_hindering_flags(int file, const std::string& path) {
    return change_flags(file, kHindering, 0, path);
}

}  // namespace riposte
