// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/critical_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <linux/magic.h>
#include <sstream>
#include <sys/statfs.h>

namespace riposte {
namespace {

// The files that a login, a boot or an administrator's rescue needs. Files that an attacker often plants
// (ld.so.preload, cron tables, units, shared libraries) are left out, so that they can be moved away.
constexpr std::array kFiles{"/etc/passwd",   "/etc/group",       "/etc/shadow",
                            "/etc/gshadow",  "/etc/fstab",       "/etc/nsswitch.conf",
                            "/etc/sudoers",  "/etc/hosts",       "/etc/resolv.conf",
                            "/etc/crypttab", "/etc/ld.so.cache", "/etc/login.defs",
                            "/etc/profile",  "/etc/shells",      "/etc/machine-id",
                            "/bin/sh",       "/bin/bash",        "/bin/login",
                            "/bin/mount",    "/usr/bin/sudo",    "/bin/su",
                            "/sbin/init",    "/bin/systemctl",   "/usr/sbin/sshd",
                            "/usr/bin/dpkg", "/usr/bin/rpm",     "/etc/os-release",
                            "/usr/bin/env",  "/etc/inittab",     "/etc/localtime",
                            "/proc/1/exe",   "/usr/bin/ssh",     "/etc/ssh/ssh_config"};
constexpr std::array kDirectories{"/boot", "/dev", "/proc", "/sys", "/etc/pam.d", "/lib/modules", "/etc/ssh"};

bool same(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool is_file_at(const char* path, const struct stat& file) {
    struct stat status {};
    return ::stat(path, &status) == 0 && same(status, file);
}

bool is_below(const Place& place, const char* directory) {
    struct stat wanted {};
    if (::stat(directory, &wanted) != 0) return false;
    return std::ranges::any_of(place.directories, [&](const UniqueFd& above) {
        struct stat status {};
        return ::fstat(above.get(), &status) == 0 && same(status, wanted);
    });
}

// Files of the kernel's own making: to open or move one can mean anything.
bool is_made_by_kernel(int directory) {
    constexpr std::array<long, 12> kKinds{PROC_SUPER_MAGIC, SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
                                          DEBUGFS_MAGIC,    TRACEFS_MAGIC,  SECURITYFS_MAGIC,   DEVPTS_SUPER_MAGIC,
                                          BPF_FS_MAGIC,     EFIVARFS_MAGIC, PSTOREFS_MAGIC,     SELINUX_MAGIC};
    struct statfs status {};
    return ::fstatfs(directory, &status) == 0 && std::ranges::find(kKinds, status.f_type) != kKinds.end();
}

// The program, its libraries and whatever else this process has mapped. By name, as the device that is shown there is
// not the one that stat() tells on every file system.
bool is_mapped_here(const struct stat& file) {
    std::ifstream maps("/proc/self/maps");
    std::string last;
    for (std::string line; std::getline(maps, line);) {
        const std::size_t slash = line.find('/');
        if (slash == std::string::npos || line.compare(slash, std::string::npos, last) == 0) continue;
        last = line.substr(slash);
        if (is_file_at(last.c_str(), file)) return true;
    }
    return false;
}

// The runner that started this, and what started that.
bool runs_above(const struct stat& file) {
    for (long process = ::getppid(); process > 1;) {
        const std::string folder = "/proc/" + std::to_string(process);
        if (is_file_at((folder + "/exe").c_str(), file)) return true;
        std::ifstream stream(folder + "/stat");
        std::string text{std::istreambuf_iterator<char>(stream), {}};
        // The name in brackets may hold anything.
        text.erase(0, std::min(text.rfind(')'), text.size() - std::min<std::size_t>(text.size(), 1)) + 1);
        std::istringstream words(text);
        char state = 0;
        if (!(words >> state >> process)) return false;
    }
    return false;
}

}  // namespace

std::optional<std::string> find_critical(const Place& place, const struct stat& file,
                                         const std::vector<std::filesystem::path>& off_limits) {
    for (const auto& directory : off_limits) {
        if (is_below(place, directory.c_str())) return "it is below " + directory.string();
    }
    if (is_made_by_kernel(place.directory())) return "it is none of a disk's, but made by the kernel";
    for (const char* directory : kDirectories) {
        if (is_below(place, directory)) return std::string("the system cannot do without what is in ") + directory;
    }
    const auto is_here = [&](const char* path) { return is_file_at(path, file); };
    if (std::ranges::any_of(kFiles, is_here)) return "the system cannot do without it";
    if (is_mapped_here(file)) return "this program itself runs from it";
    if (runs_above(file)) return "the program that started this one runs from it";
    return std::nullopt;
}

}  // namespace riposte
