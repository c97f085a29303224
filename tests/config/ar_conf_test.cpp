// SPDX-License-Identifier: Apache-2.0
#include "src/config/catalog.h"
#include "tests/config/config_text.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;

TEST_CASE("ar.conf lines are name, executable and timeout") {
    Diagnostics found;
    const auto entries = parse_ar_conf(
        "restart-ossec0 - restart-ossec.sh - 0\nrestart-ossec0 - restart-ossec.cmd - 0\r\n"
        "\n  firewall-drop600 - firewall-drop - 600  \nwin_route-null900 - route-null.exe - 900",
        "ar.conf", found);
    CHECK(all_text(found).empty());
    REQUIRE(entries.size() == 4);
    CHECK(entries[0].name == "restart-ossec0");
    CHECK(entries[1].executable == "restart-ossec.cmd");
    CHECK(entries[1].timeout.count() == 0);
    CHECK(entries[2].name == "firewall-drop600");
    CHECK(entries[2].timeout.count() == 600);
    CHECK(entries[3].name == "win_route-null900");
    CHECK(entries[3].executable == "route-null.exe");
    CHECK(entries[3].timeout.count() == 900);
}

TEST_CASE("a bad line of ar.conf is left out with a warning that names it") {
    const struct {
        std::string line, part;
    } cases[] = {
        {"firewall-drop", "is not NAME - EXECUTABLE - TIMEOUT"},
        {"firewall-drop0 - firewall-drop", "is not NAME - EXECUTABLE - TIMEOUT"},
        {"a0-b-0", "is not NAME - EXECUTABLE - TIMEOUT"},
        {"!evil - evil - 0", "starts with \"!\""},
        {"a b - x - 0", "white space"},
        {"../a - x - 0", "path separators"},
        {"a0 - ../../bin/sh - 0", "no bare file name"},
        {"a0 - /bin/sh - 0", "no bare file name"},
        {"a0 - C:\\x.exe - 0", "no bare file name"},
        {"a0 -  - 0", "no bare file name"},
        {"a0 - x - -5", "no whole number"},
        {"a0 - x - soon", "no whole number"},
        {"a0 - x - 2147483648", "no whole number"},
        {"a0 - x - 99999999999999999999", "no whole number"},
        {std::string(256, 'n') + " - x - 0", "longer than 255 bytes"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.line);
        Diagnostics found;
        const auto entries = parse_ar_conf("good0 - good - 0\n" + each.line + "\nfine5 - fine - 5\n", "ar.conf", found);
        check_found(found, {{2, kWarning, each.part}});
        REQUIRE(entries.size() == 2);
        CHECK(entries[1].name == "fine5");
    }
}

TEST_CASE("ar.conf may have ten thousand lines") {
    std::string text;
    for (int i = 0; i < 10'000; ++i)
        text += "command" + std::to_string(i) + "_0 - script" + std::to_string(i) + " - 0\n";
    Diagnostics found;
    const auto entries = parse_ar_conf(text, "ar.conf", found);
    CHECK(found.empty());
    REQUIRE(entries.size() == 10'000);
    CHECK(entries[63].executable == "script63");
    CHECK(entries[9'999].name == "command9999_0");
}

TEST_CASE("ar.conf is read up to 1 MiB, in whole lines") {
    std::string text;
    std::size_t whole_lines = 0;
    while (text.size() <= 1024 * 1024) {
        text += "name" + std::to_string(whole_lines) + " - an-executable - 12345\n";
        if (text.size() <= 1024 * 1024) ++whole_lines;
    }
    Diagnostics found;
    const auto entries = parse_ar_conf(text, "ar.conf", found);
    check_found(found, {{0, kWarning, "larger than 1 MiB"}});
    CHECK(entries.size() == whole_lines);
    CHECK(entries.back().timeout.count() == 12'345);
}

TEST_CASE("a file that is no ar.conf gives a bounded number of warnings") {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "nonsense\n";
    Diagnostics found;
    CHECK(parse_ar_conf(text, "ar.conf", found).empty());
    REQUIRE(found.size() == 101);
    CHECK(found.back().message.find("4900 more lines") != std::string::npos);
}

TEST_CASE("a missing ar.conf is no finding, an unreadable one is") {
    const test::TemporaryDirectory directory;
    Diagnostics found;
    CHECK(load_ar_conf(directory / "ar.conf", found).empty());
    CHECK(found.empty());

    test::write_file(directory / "ar.conf", "a0 - x - 0\n");
    CHECK(load_ar_conf(directory / "ar.conf", found).size() == 1);
    CHECK(found.empty());

    CHECK(load_ar_conf(directory.path(), found).empty());
    check_found(found, {{0, kWarning, "cannot be read"}});
}
