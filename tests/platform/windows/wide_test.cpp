// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/wide.h"

#include <doctest/doctest.h>

#include <windows.h>

using namespace riposte;

TEST_CASE("text goes to UTF-16 and back unchanged, beyond the basic plane too") {
    for (const char* text : {"", "plain",
                             "C:\\Pr\xc3\xbc"
                             "fung",
                             "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x94\x92 locked"}) {
        CAPTURE(text);
        CHECK(narrow(std::wstring_view(wide(text))) == text);
        CHECK(exactly_wide(text) == wide(text));
    }
    CHECK(wide("\xf0\x9f\x94\x92") == L"\xd83d\xdd12");
    CHECK(wide(std::string_view("a\0b", 3)).size() == 3);
    CHECK(narrow(std::filesystem::path(L"C:\\\x65e5\x672c")) == "C:\\\xe6\x97\xa5\xe6\x9c\xac");
}

TEST_CASE("what is not UTF-8 is replaced, or refused where it must arrive unchanged") {
    for (const char* text : {"a\xff"
                             "b",
                             "\xc3", "\xed\xa0\x80", "\xc0\x80"}) {
        CAPTURE(text);
        CHECK_FALSE(exactly_wide(text));
        CHECK(wide(text).find(L'\xfffd') != std::wstring::npos);
    }
    CHECK(narrow(std::wstring_view(L"a\xd800")) == "a\xef\xbf\xbd");
}

TEST_CASE("an error of Windows compares equal to the standard condition of the same meaning") {
    struct Case {
        unsigned long code;
        std::errc meaning;
    };
    for (const Case& test :
         {Case{ERROR_FILE_NOT_FOUND, std::errc::no_such_file_or_directory},
          Case{ERROR_PATH_NOT_FOUND, std::errc::no_such_file_or_directory},
          Case{ERROR_INVALID_NAME, std::errc::no_such_file_or_directory},
          Case{ERROR_ACCESS_DENIED, std::errc::permission_denied},
          Case{ERROR_SHARING_VIOLATION, std::errc::permission_denied},
          Case{ERROR_PRIVILEGE_NOT_HELD, std::errc::permission_denied},
          Case{ERROR_BAD_EXE_FORMAT, std::errc::executable_format_error},
          Case{ERROR_DIRECTORY, std::errc::not_a_directory}, Case{ERROR_BROKEN_PIPE, std::errc::broken_pipe},
          Case{ERROR_NO_DATA, std::errc::broken_pipe}, Case{ERROR_PIPE_BUSY, std::errc::device_or_resource_busy},
          Case{ERROR_ALREADY_EXISTS, std::errc::file_exists},
          Case{ERROR_FILENAME_EXCED_RANGE, std::errc::filename_too_long},
          Case{ERROR_CALL_NOT_IMPLEMENTED, std::errc::not_supported},
          Case{10048 /* WSAEADDRINUSE */, std::errc::address_in_use},
          Case{10061 /* WSAECONNREFUSED */, std::errc::connection_refused}, Case{WAIT_TIMEOUT, std::errc::timed_out}}) {
        CAPTURE(test.code);
        const Error error = os_error(test.code, "do it");
        CHECK(error.code == test.meaning);
        CHECK(error.text().starts_with("do it: "));
        CHECK(error.text().size() > 8);
        CHECK(error.text().find_first_of("\r\n") == std::string::npos);
    }
    CHECK(os_error(ERROR_FILE_NOT_FOUND, "x").code != std::errc::permission_denied);
}
