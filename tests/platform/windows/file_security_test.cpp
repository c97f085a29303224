// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/trusted_bin.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/skip.h"

#include <aclapi.h>
#include <cstring>
#include <sddl.h>
#include <windows.h>
#include <winioctl.h>

using namespace riposte;
using namespace riposte::test;
namespace fs = std::filesystem;

namespace {

std::string list_text(const fs::path& path) {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    REQUIRE(::GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, nullptr,
                                    nullptr, &descriptor) == ERROR_SUCCESS);
    wchar_t* text = nullptr;
    ::ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                           &text, nullptr);
    const std::string result = narrow(std::wstring_view(text));
    ::LocalFree(text);
    ::LocalFree(descriptor);
    return result;
}

// A directory that leads to another; false if this system makes none.
bool make_junction(const fs::path& link, const fs::path& target) {
    fs::create_directory(link);
    const UniqueHandle directory(::CreateFileW(link.c_str(), GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                                               FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    const std::wstring name = L"\\??\\" + target.native();
    struct {
        DWORD tag = IO_REPARSE_TAG_MOUNT_POINT;
        WORD data_length = 0;
        WORD reserved = 0;
        WORD name_offset = 0;
        WORD name_length = 0;
        WORD print_offset = 0;
        WORD print_length = 0;
        wchar_t text[1024]{};
    } data;
    const std::size_t bytes = name.size() * sizeof(wchar_t);
    std::memcpy(data.text, name.data(), bytes);
    data.name_length = static_cast<WORD>(bytes);
    data.print_offset = static_cast<WORD>(bytes + sizeof(wchar_t));
    data.data_length = static_cast<WORD>(bytes + 8 + 2 * sizeof(wchar_t));
    DWORD returned = 0;
    return ::DeviceIoControl(directory.get(), FSCTL_SET_REPARSE_POINT, &data, 8U + data.data_length, nullptr, 0,
                             &returned, nullptr) != 0;
}

}  // namespace

TEST_CASE("what is a script is told by the end of the name") {
    const TrustedBin in;
    for (const auto& [name, is_script] : {std::pair{"a.exe", false},
                                          {"b.EXE", false},
                                          {"c.cmd", true},
                                          {"d.BAT", true},
                                          {"e.ps1", true},
                                          {"f", false}}) {
        CAPTURE(name);
        write_file(in.bin / name, kScript);
        const auto opened = open_trusted_executable(in.bin, name);
        REQUIRE(opened);
        CHECK(opened->is_script() == is_script);
    }
}

TEST_CASE("a name that Windows would read as another is refused") {
    const TrustedBin in;
    write_file(in.bin / "program.exe", kScript);
    for (const char* name : {"program.exe ",
                             "program.exe.",
                             "program.exe:stream",
                             "program.exe::$DATA",
                             "C:program.exe",
                             "..\\bin\\program.exe",
                             "\\\\server\\share\\x.exe",
                             "\\\\.\\pipe\\x",
                             "\\\\?\\C:\\x.exe",
                             "program.e?e",
                             "*.exe",
                             "a\"b",
                             "a|b",
                             "a<b",
                             "a>b",
                             "CON",
                             "nul",
                             "NUL.exe",
                             "nul .txt",
                             "COM1",
                             "com9.cmd",
                             "LPT0.bat",
                             "aux.ps1",
                             "prn",
                             "CONIN$",
                             "conout$",
                             "com\u00b9",
                             "a\tb",
                             "\xff.exe"}) {
        CAPTURE(name);
        CHECK(contains(in.text_of_error(name), "is not a bare file name"));
    }
    CHECK(open_trusted_executable(in.bin, "PROGRAM.EXE"));
    // Near the reserved names, but none.
    for (const char* name : {"console.exe", "nulls", "com10.exe", "comx", "auxiliary.cmd"}) {
        CAPTURE(name);
        write_file(in.bin / name, kScript);
        CHECK(open_trusted_executable(in.bin, name));
    }
}

TEST_CASE("the short name of a file is refused") {
    const TrustedBin in;
    const fs::path file = in.bin / "a long name for a program.exe";
    write_file(file, kScript);
    wchar_t text[1024]{};
    REQUIRE(::GetShortPathNameW(file.c_str(), text, 1024) != 0);
    const std::string name = fs::path(text).filename().string();
    if (name == file.filename().string()) return skip("this volume keeps no short names");
    CHECK(contains(in.text_of_error(name), "is another name of a long name for a program.exe"));
}

TEST_CASE("a directory on a network or named as a device is refused") {
    for (const char* bin : {"\\\\server\\share\\bin", "//server/share/bin", "\\\\.\\C:\\bin", "\\\\?\\C:\\windows",
                            "\\\\?\\UNC\\server\\share", "\\\\localhost\\C$\\windows"}) {
        CAPTURE(bin);
        const auto opened = open_trusted_executable(bin, "x.exe");
        REQUIRE_FALSE(opened);
        CHECK(contains(opened.error().text(), "is a network or device path"));
        CHECK_FALSE(check_trusted_file(fs::path(bin) / "riposte.conf"));
        CHECK_FALSE(make_private_directory(fs::path(bin)));
    }
}

TEST_CASE("a directory that leads elsewhere is refused") {
    const TrustedBin in;
    write_file(in.bin / "program.exe", kScript);
    if (!make_junction(in.directory / "link", in.bin)) {
        REQUIRE(is_wine());
        return skip("Wine 8 makes no junctions");
    }
    const auto opened = open_trusted_executable(in.directory / "link", "program.exe");
    REQUIRE_FALSE(opened);
    CHECK(contains(opened.error().text(), "is a link or no directory"));
    CHECK_FALSE(make_private_directory(in.directory / "link"));
    REQUIRE(make_junction(in.bin / "inside.exe", in.bin));
    CHECK(contains(in.text_of_error("inside.exe"), "is not a regular file"));
}

TEST_CASE("while an executable is held, nobody writes, replaces, renames or deletes it, and others may read it") {
    const TrustedBin in;
    const fs::path file = in.bin / "program.exe";
    write_file(file, kScript);
    {
        const auto held = open_trusted_executable(in.bin, "program.exe");
        REQUIRE(held);
        const UniqueHandle writer(::CreateFileW(file.c_str(), GENERIC_WRITE,
                                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                                OPEN_EXISTING, 0, nullptr));
        CHECK(::GetLastError() == ERROR_SHARING_VIOLATION);
        CHECK_FALSE(writer);
        CHECK_FALSE(::DeleteFileW(file.c_str()));
        CHECK_FALSE(::MoveFileExW(file.c_str(), (in.bin / "moved.exe").c_str(), 0));
        write_file(in.bin / "new.exe", "other");
        CHECK_FALSE(::MoveFileExW((in.bin / "new.exe").c_str(), file.c_str(), MOVEFILE_REPLACE_EXISTING));
        CHECK(read_file(file) == kScript);
        CHECK(open_trusted_executable(in.bin, "program.exe"));
    }
    CHECK(::DeleteFileW(file.c_str()));
}

TEST_CASE("an executable that a program is writing is refused") {
    const TrustedBin in;
    const fs::path file = in.bin / "program.exe";
    write_file(file, kScript);
    const UniqueHandle writer(::CreateFileW(file.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                            OPEN_EXISTING, 0, nullptr));
    REQUIRE(writer);
    CHECK(contains(in.text_of_error("program.exe"), "a program has it open for writing"));
}

TEST_CASE("the remedy for a file that everybody can write is a command that takes the right away") {
    const TrustedBin in;
    const fs::path file = in.bin / "program.exe";
    write_file(file, kScript);
    let_everybody_write(file);
    CHECK(contains(in.text_of_error("program.exe"), "(S-1-1-0): "));
    CHECK(contains(in.text_of_error("program.exe"), "icacls \"" + file.string() + "\" /remove:g *S-1-1-0"));
}

TEST_CASE("a private directory has an access list of its own from its first moment") {
    const TemporaryDirectory directory;
    const fs::path state = directory / "a/state";
    REQUIRE(make_private_directory(state));
    for (const fs::path& made : {state, state.parent_path()}) {
        const std::string list = list_text(made);
        CAPTURE(list);
        CHECK(contains(list, "FA;;;SY)"));
        // Everyone, Users, Authenticated Users.
        for (const char* other : {";;;WD)", ";;;BU)", ";;;AU)"}) CHECK_FALSE(contains(list, other));
        if (!is_wine()) CHECK(contains(list, "D:P"));
    }
    if (is_wine()) skip("that the list is protected from inheritance: Wine keeps permission bits only");
}

TEST_CASE("a private file has an access list of its own from its first moment, and one that exists stays as it is") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "ledger.db";
    REQUIRE(make_private_file(file));
    const std::string list = list_text(file);
    CAPTURE(list);
    for (const char* other : {";;;WD)", ";;;BU)", ";;;AU)"}) CHECK_FALSE(contains(list, other));
    write_file(file, "kept");
    CHECK(make_private_file(file));
    CHECK(read_file(file) == "kept");
    CHECK(make_private_file(directory.path()));
    const auto nowhere = make_private_file(directory / "missing/ledger.db");
    REQUIRE_FALSE(nowhere);
    CHECK(is_missing(nowhere.error()));
    if (is_wine()) return skip("a file that is read only: Wine as root opens it all the same");
    fs::permissions(file, fs::perms::owner_read);
    const auto read_only = make_private_file(file);
    fs::permissions(file, fs::perms::owner_all);
    REQUIRE_FALSE(read_only);
    CHECK(read_only.error().code == std::errc::permission_denied);
}
