// SPDX-License-Identifier: Apache-2.0
// quarantine-file as a process, on what only Linux's files have.
#include "platform/include/program.h"
#include "src/request/document.h"
#include "tests/support/files.h"
#include "tests/support/requests.h"
#include "tests/support/skip.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <map>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

const std::string kQuarantineFile = std::string(RESPONSES) + "/quarantine-file";

std::string file_order(const std::string& verb, const std::string& file, const std::string& extra_args = "[]") {
    return order(verb, R"({"syscheck":{"path":)" + Document::string(file).serialize() + "}}", extra_args);
}

// Everything that stat() and the attributes tell, without what a move changes.
std::map<std::string, std::string> everything(const fs::path& file) {
    struct stat status {};
    REQUIRE_MESSAGE(::lstat(file.c_str(), &status) == 0, file.string());
    const auto time = [](const timespec& value) {
        return std::to_string(value.tv_sec) + "." + std::to_string(value.tv_nsec);
    };
    std::map<std::string, std::string> all{
        {"mode", std::to_string(status.st_mode)}, {"owner", std::to_string(status.st_uid)},
        {"group", std::to_string(status.st_gid)}, {"size", std::to_string(status.st_size)},
        {"accessed", time(status.st_atim)},       {"modified", time(status.st_mtim)}};
    std::array<char, 4096> names{};
    const ssize_t size = ::llistxattr(file.c_str(), names.data(), names.size());
    for (const char* name = names.data(); name < names.data() + size; name += std::strlen(name) + 1) {
        std::array<char, 4096> value{};
        const ssize_t length = ::lgetxattr(file.c_str(), name, value.data(), value.size());
        all[name] = std::string(value.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    }
    const int opened = ::open(file.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC);
    if (opened >= 0) {
        int flags = 0;
        if (::ioctl(opened, FS_IOC_GETFLAGS, &flags) == 0)
            all["flags"] = std::to_string(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL));
        std::string content(static_cast<std::size_t>(status.st_size), '\0');
        CHECK(::pread(opened, content.data(), content.size(), 0) == status.st_size);
        all["content"] = content;
        ::close(opened);
    }
    return all;
}

bool set_flags(const fs::path& file, int flags) {
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(opened >= 0);
    const bool done = ::ioctl(opened, FS_IOC_SETFLAGS, &flags) == 0;
    ::close(opened);
    return done;
}

struct QuarantineFile {
    TemporaryDirectory directory;
    std::string state = (directory / "state").string();
    fs::path files = directory / "files";

    QuarantineFile() { fs::create_directory(files); }

    ProgramResult run(Words words, const std::string& input = {}) const {
        words.insert(words.begin(), {kQuarantineFile, "--state", state});
        const auto result = run_program("env", words, input);
        REQUIRE(result.has_value());
        return *result;
    }
    int add(const std::string& file) const {
        const auto result = run({}, file_order("add", file) + kContinue);
        if (result.exit_code == 1) MESSAGE(result.output);
        return result.exit_code;
    }
    int reverse(const std::string& file) const { return run({}, file_order("delete", file)).exit_code; }
    int status(const std::string& file) const { return run({"--status", file}).exit_code; }
};

constexpr const char* kNoOtherFileSystem = "/dev/shm is no other file system that may be written here";

// A directory on another file system than the temporary one; empty: there is none here.
std::string other_file_system() {
    struct stat here {};
    struct stat there {};
    const bool differs = ::stat(fs::temp_directory_path().c_str(), &here) == 0 && ::stat("/dev/shm", &there) == 0 &&
                         here.st_dev != there.st_dev && ::access("/dev/shm", W_OK) == 0;
    return differs ? "/dev/shm" : "";
}

// ACL version 2: user::rwx, user 1234:r--, group::r--, mask::rw-, other::---.
const std::string kAccessList(
    "\2\0\0\0\1\0\7\0\xFF\xFF\xFF\xFF\2\0\4\0\xD2\4\0\0\4\0\4\0\xFF\xFF\xFF\xFF\20\0\6\0"
    "\xFF\xFF\xFF\xFF\40\0\0\0\xFF\xFF\xFF\xFF",
    44);

// With everything that a file can have here.
void decorate(const fs::path& file) {
    write_file(file, std::string(300'000, 'x') + "\nend");
    if (is_root()) {
        REQUIRE(::chown(file.c_str(), 1234, 4321) == 0);
    } else {
        skip("owner and capabilities: only root can set them");
    }
    CHECK(::chmod(file.c_str(), 04750) == 0);
    if (::setxattr(file.c_str(), "system.posix_acl_access", kAccessList.data(), kAccessList.size(), 0) != 0)
        skip("the access list: this file system has none");
    if (::setxattr(file.c_str(), "user.origin", "a\0b", 3, 0) != 0)
        skip("attributes of users: this file system has none");
    if (is_root()) {
        const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        if (::setxattr(file.c_str(), "security.capability", capability.data(), capability.size(), 0) != 0)
            skip("capabilities: this file system has none");
    }
    const std::array<timespec, 2> times{{{1'000'000'000, 123'456'789}, {1'100'000'000, 987'654'321}}};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0) == 0);
}

}  // namespace

TEST_CASE("quarantine-file puts back owner, mode, access list, attributes and times") {
    const QuarantineFile f;
    const fs::path file = f.files / "file";
    decorate(file);
    const auto before = everything(file);
    CHECK(f.status(file) == 4);
    CHECK(f.add(file) == 0);
    CHECK_FALSE(fs::exists(file));
    CHECK(f.status(file) == 0);
    CHECK((fs::status(f.state + "/quarantine").permissions() & fs::perms::mask) == fs::perms::owner_all);
    CHECK(f.add(file) == 0);
    CHECK(f.reverse(file) == 0);
    CHECK(everything(file) == before);
    CHECK(f.status(file) == 4);
    CHECK(f.reverse(file) == 0);
    CHECK(everything(file) == before);
}

TEST_CASE("quarantine-file does the same across file systems") {
    const std::string other = other_file_system();
    if (other.empty()) return skip(kNoOtherFileSystem);
    QuarantineFile f;
    f.state = other + "/riposte-quarantine-test-" + std::to_string(::getpid());
    const fs::path file = f.files / "file";
    decorate(file);
    const auto before = everything(file);
    CHECK(f.add(file) == 0);
    CHECK_FALSE(fs::exists(file));
    CHECK(f.status(file) == 0);
    CHECK(f.reverse(file) == 0);
    CHECK(everything(file) == before);
    CHECK(f.reverse(file) == 0);
    CHECK(std::distance(fs::directory_iterator(f.files), fs::directory_iterator()) == 1);
    CHECK(fs::is_empty(f.state + "/quarantine"));

    CHECK(f.add(file) == 0);
    write_file(file, "another");
    CHECK(f.reverse(file) == 1);
    CHECK(read_file(file) == "another");
    fs::remove(file);
    CHECK(f.reverse(file) == 0);
    CHECK(everything(file) == before);
    CHECK(std::distance(fs::directory_iterator(f.files), fs::directory_iterator()) == 1);
    fs::remove_all(f.state);
}

TEST_CASE("quarantine-file takes what chattr protects, and protects it again") {
    const QuarantineFile f;
    const fs::path file = f.files / "file";
    write_file(file, "content");
    for (const int flags : {FS_IMMUTABLE_FL, FS_APPEND_FL | FS_NODUMP_FL}) {
        if (!set_flags(file, flags)) return skip("the flags of a file cannot be set here");
        const auto before = everything(file);
        CHECK(f.add(file) == 0);
        CHECK_FALSE(fs::exists(file));
        CHECK(f.reverse(file) == 0);
        CHECK(everything(file) == before);
        REQUIRE(set_flags(file, 0));
    }
}

TEST_CASE("quarantine-file takes files of any name") {
    const QuarantineFile f;
    for (const std::string name :
         {" ", "a b", "-rf", "--state", "new\nline\ttab", "\xC3\xA9\xE6\x96\x87\xF0\x9F\xA6\x80", "*", "$(reboot)",
          "%s%n", "\\", "'\"`", "record", "content", ".hidden", "trailing.", "\x7F\x01"}) {
        CAPTURE(name);
        const fs::path file = f.files / name;
        write_file(file, name);
        CHECK(f.add(file) == 0);
        CHECK_FALSE(fs::exists(file));
        CHECK(f.status(file) == 0);
        CHECK(f.reverse(file) == 0);
        CHECK(read_file(file) == name);
        // The OSSEC form: behind the location.
        if (name.find_first_of("\n\x7F") != std::string::npos) continue;
        CHECK(f.run({"add", "-", "-", "1", "2", "(host) any->syscheck", file}).exit_code == 0);
        CHECK_FALSE(fs::exists(file));
        CHECK(f.run({"delete", "-", "-", "1", "2", "(host) any->syscheck", file}).exit_code == 0);
        CHECK(read_file(file) == name);
    }
    CHECK(fs::is_empty(f.state + "/quarantine"));
}

TEST_CASE("quarantine-file speaks the dialects of both Wazuhs") {
    const QuarantineFile f;
    const std::string file = (f.files / "file").string();
    write_file(file, "content");
    const auto run = f.run({}, R"({"command":"enable","file.path":")" + file +
                                   R"(","wazuh":{"active_response":{"name":"q","executable":"quarantine-file",)"
                                   R"("type":"stateless"}}})"
                                   "\n{\"command\":\"continue\"}\n");
    CHECK(run.exit_code == 0);
    CHECK(run.output.find("\"keys\":[\"" + file + "\"]") != std::string::npos);
    CHECK_FALSE(fs::exists(file));
    CHECK(f.reverse(file) == 0);
    CHECK(f.run({}, file_order("add", file) + kAbort).exit_code == 0);
    CHECK(read_file(file) == "content");
    // One file has one key, however it is written.
    const std::string long_way = f.files.string() + "/.//file";
    CHECK(f.run({}, file_order("add", long_way) + kContinue).output.find("[\"" + file + "\"]") != std::string::npos);
    CHECK(f.status(file) == 0);
}

TEST_CASE("quarantine-file refuses what is no regular file of one name") {
    const QuarantineFile f;
    const std::string victim = (f.directory / "victim").string();
    write_file(victim, "precious");
    fs::create_directory(f.files / "folder");
    REQUIRE(::mkfifo((f.files / "pipe").c_str(), 0600) == 0);
    fs::create_symlink(victim, f.files / "link");
    fs::create_symlink("/nowhere", f.files / "dangling");
    fs::create_hard_link(victim, f.files / "second");
    sockaddr_un address{AF_UNIX, {}};
    std::strncpy(address.sun_path, (f.files / "socket").c_str(), sizeof address.sun_path - 1);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(server);
    for (const char* name : {"folder", "pipe", "link", "dangling", "second", "socket"}) {
        CAPTURE(name);
        CHECK(f.run({}, file_order("add", f.files / name) + kContinue).exit_code == 1);
        CHECK(fs::exists(fs::symlink_status(f.files / name)));
    }
    // A device of the test's own: null, but by another name.
    if (::mknod((f.files / "device").c_str(), S_IFCHR | 0600, 1 << 8 | 3) == 0) {
        CHECK(f.run({}, file_order("add", f.files / "device") + kContinue).exit_code == 1);
    } else {
        skip("a device: this process cannot make one");
    }
    CHECK(read_file(victim) == "precious");
    for (const char* path : {"relative", "./relative", "/", "/tmp/", "/tmp/../etc/passwd", "/tmp/..", "//", "/."}) {
        CAPTURE(path);
        CHECK(f.run({}, file_order("add", path) + kContinue).exit_code == 2);
        CHECK(f.run({"--status", path}).exit_code == 2);
    }
    CHECK(f.run({}, file_order("add", "/" + std::string(4095, 'x'))).exit_code == 2);
    CHECK(f.run({"add", "-", "192.0.2.7"}).exit_code == 2);
}

TEST_CASE("quarantine-file follows a link on the way only if root alone could make it") {
    if (!is_root()) return skip("only root can give a file to another user");
    const QuarantineFile f;
    fs::create_directory(f.files / "real");
    const fs::path file = f.files / "real/file";
    write_file(file, "content");
    fs::create_symlink("real", f.files / "relative");
    fs::create_symlink("../files/real", f.files / "upwards");
    fs::create_symlink(f.files / "relative", f.files / "absolute");
    fs::create_symlink("loop", f.files / "loop");
    for (const char* link : {"relative", "upwards", "absolute"}) {
        CAPTURE(link);
        CHECK(f.add(f.files / link / "file") == 0);
        CHECK_FALSE(fs::exists(file));
        CHECK(f.reverse(f.files / link / "file") == 0);
        CHECK(read_file(file) == "content");
    }
    const auto is_refused = [&](const fs::path& path) {
        const auto run = f.run({}, file_order("add", path) + kContinue);
        CHECK(read_file(file) == "content");
        return run.exit_code == 1;
    };
    CHECK(is_refused(f.files / "loop/file"));
    // Of a user's, in root's directory.
    REQUIRE(::lchown((f.files / "relative").c_str(), 1234, 1234) == 0);
    CHECK(is_refused(f.files / "relative/file"));
    CHECK(is_refused(f.files / "absolute/file"));
    CHECK(f.add(f.files / "upwards/file") == 0);
    CHECK(f.reverse(f.files / "upwards/file") == 0);
    // Of root's, where everybody can put one.
    REQUIRE(::chmod(f.files.c_str(), 01777) == 0);
    CHECK(is_refused(f.files / "upwards/file"));
    CHECK(f.add(file) == 0);
    // A directory that became a user's link before the undo.
    fs::rename(f.files / "real", f.files / "moved");
    fs::create_symlink(f.directory.path(), f.files / "real");
    REQUIRE(::lchown((f.files / "real").c_str(), 1234, 1234) == 0);
    CHECK(f.reverse(file) == 1);
    CHECK_FALSE(fs::exists(f.directory / "file"));
    fs::remove(f.files / "real");
    fs::rename(f.files / "moved", f.files / "real");
    CHECK(f.reverse(file) == 0);
    CHECK(read_file(file) == "content");
}

TEST_CASE("quarantine-file leaves alone what runs it and what the system needs") {
    const QuarantineFile f;
    // Itself, from where only the test loses it.
    const fs::path copy = f.files / "copy";
    fs::copy_file(kQuarantineFile, copy);
    const auto self = run_program("env", {copy, "--state", f.state}, file_order("add", copy) + kContinue);
    REQUIRE(self.has_value());
    CHECK(self->exit_code == 1);
    CHECK(self->output.find("this program itself runs from it") != std::string::npos);
    CHECK(fs::exists(copy));
    // The program that started it.
    const auto timeout = find_program("timeout");
    REQUIRE(timeout.has_value());
    const fs::path runner = f.files / "runner";
    fs::copy_file(fs::canonical(*timeout), runner);
    const auto above =
        run_program("env", {runner, "20", kQuarantineFile, "--state", f.state}, file_order("add", runner) + kContinue);
    REQUIRE(above.has_value());
    CHECK(above->exit_code == 1);
    CHECK(above->output.find("the program that started this one") != std::string::npos);
    CHECK(fs::exists(runner));
    // The state directory, whatever is in it.
    fs::create_directories(f.state);
    write_file(f.state + "/ledger.db", "ledger");
    CHECK(f.run({}, file_order("add", f.state + "/ledger.db") + kContinue).exit_code == 1);
    CHECK(read_file(f.state + "/ledger.db") == "ledger");
    CHECK(f.run({}, file_order("add", "/proc/cpuinfo") + kContinue).exit_code == 1);
}

TEST_CASE("quarantine-file leaves the accounts and the boot files alone") {
    if (!is_root()) return skip("only root may mount");
    const QuarantineFile f;
    // Other files in the place of the machine's own, seen by this one run only.
    const std::string script =
        "mount -t tmpfs none /etc && mount -t tmpfs none /boot && mkdir /etc/pam.d && "
        "for name in /etc/passwd /etc/shadow /boot/vmlinuz /etc/pam.d/sshd /etc/other; do echo x >$name; "
        "\"$0\" --state \"$1\" add - - 1 2 here $name 2>/dev/null; echo $name $? $(ls $name 2>/dev/null); done";
    const auto result = run_program("unshare", {"--mount", "sh", "-c", script, kQuarantineFile, f.state});
    REQUIRE(result.has_value());
    if (result->output.find("permission denied") != std::string::npos) {
        MESSAGE(result->output);
        return skip("a file system cannot be mounted here");
    }
    CHECK(result->output ==
          "/etc/passwd 1 /etc/passwd\n/etc/shadow 1 /etc/shadow\n/boot/vmlinuz 1 /boot/vmlinuz\n"
          "/etc/pam.d/sshd 1 /etc/pam.d/sshd\n/etc/other 0\n");
}

TEST_CASE("a request cannot choose where quarantine-file puts a file") {
    const QuarantineFile f;
    const std::string file = (f.files / "file").string();
    const std::string other = (f.directory / "other").string();
    write_file(file, "content");
    CHECK(f.run({}, file_order("add", file, "[\"--state\",\"" + other + "\",\"--state=" + other + "\"]") + kContinue)
              .exit_code == 0);
    CHECK_FALSE(fs::exists(other));
    CHECK(f.status(file) == 0);
}

TEST_CASE("what is written through an open descriptor meanwhile is not put back unnoticed") {
    const QuarantineFile f;
    const std::string file = (f.files / "file").string();
    write_file(file, "content");
    const int writer = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    REQUIRE(writer >= 0);
    CHECK(f.add(file) == 0);
    CHECK(::write(writer, "more", 4) == 4);
    ::close(writer);
    const auto run = f.run({}, file_order("delete", file));
    CHECK(run.exit_code == 1);
    CHECK(run.output.find("has been changed since") != std::string::npos);
    CHECK_FALSE(fs::exists(file));
}

// Killed at any moment, then called again: afterwards the file is in exactly one place, and whole.
TEST_CASE("quarantine-file killed at any moment finishes at the next call") {
    QuarantineFile f;
    const std::string other = other_file_system();
    const bool crosses = !other.empty();
    if (crosses) {
        f.state = other + "/riposte-quarantine-kill-" + std::to_string(::getpid());
    } else {
        skip(kNoOtherFileSystem);
    }
    const fs::path file = f.files / "file";
    decorate(file);
    const auto before = everything(file);
    int killed = 0;
    const auto killed_after = [&](int microseconds, const std::string& verb) {
        const std::string seconds =
            "0." + std::string(6 - std::to_string(microseconds).size(), '0') + std::to_string(microseconds);
        const auto result = run_program("timeout", {"-s", "KILL", seconds, kQuarantineFile, "--state", f.state, verb,
                                                    "-", "-", "1", "2", "here", file.string()});
        REQUIRE(result.has_value());
        killed += result->exit_code == 137 ? 1 : 0;
    };
    for (int microseconds = 500; microseconds < 12'000; microseconds += 300) {
        CAPTURE(microseconds);
        killed_after(microseconds, "add");
        CHECK(f.run({"add", "-", "-", "1", "2", "here", file.string()}).exit_code == 0);
        CHECK_FALSE(fs::exists(file));
        CHECK(f.status(file) == 0);
        killed_after(microseconds, "delete");
        CHECK(f.run({"delete", "-", "-", "1", "2", "here", file.string()}).exit_code == 0);
        CHECK(everything(file) == before);
        CHECK(fs::is_empty(f.state + "/quarantine"));
    }
    MESSAGE(killed << " calls were killed");
    CHECK(killed > 0);
    CHECK(std::distance(fs::directory_iterator(f.files), fs::directory_iterator()) == 1);
    if (crosses) fs::remove_all(f.state);
}
