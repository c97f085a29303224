// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/shadow_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;

TEST_CASE("one line of a shadow file changes in two fields, and nothing else does") {
    const std::string shadow =
        "# comment\n"
        "root:*:19000:0:99999:7:::\n"
        "\n"
        "al:$y$1:19000:0:99999:7:::\n"
        "alice:$6$salt$hash:19000:0:99999:7:30:20000:flag\n"
        "broken:x:1\n"
        "alice:second:1:::::9:\n"
        "last:!:1::::::";
    const auto login = find_login(shadow, "alice");
    REQUIRE(login.has_value());
    CHECK(login->password == "$6$salt$hash");
    CHECK(login->expires == "20000");
    const std::string changed = with_login(shadow, "alice", {"!$6$salt$hash", "1"});
    std::string expected = shadow;
    expected.replace(expected.find("$6$salt"), 1, "!$").replace(expected.find("20000"), 5, "1");
    CHECK(changed == expected);
    CHECK(with_login(changed, "alice", *login) == shadow);
    CHECK(with_login(shadow, "last", {"!", "1"}) == shadow.substr(0, shadow.size() - 1) + "1:");
    for (const char* absent : {"", "ali", "broken", "# comment", "alice:", "nobody", "root:*"}) {
        CAPTURE(absent);
        CHECK_FALSE(find_login(shadow, absent).has_value());
        CHECK(with_login(shadow, absent, {"!", "1"}) == shadow);
    }
}

TEST_CASE("an account expires on its day, and 0 or nothing means never") {
    CHECK(has_expired({"", "1"}, 20'000));
    CHECK(has_expired({"", "20000"}, 20'000));
    for (const char* never : {"", "0", "-1", "20001", "1x", "99999999999999999999"}) {
        CAPTURE(never);
        CHECK_FALSE(has_expired({"", never}, 20'000));
    }
}
