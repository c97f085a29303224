// SPDX-License-Identifier: Apache-2.0
#include "platform/include/clock.h"

#include "tests/platform/support.h"
#include "tests/support/role.h"

#include <iostream>
#include <windows.h>

using namespace riposte;
using namespace riposte::test;

namespace {

const Role tell_boot("tell-boot", [](const std::vector<std::string>&) {
    std::cout << system_clock().boot_id() << std::endl;
    return 0;
});

}  // namespace

TEST_CASE("a boot has the same name in every process") {
    for (int round = 0; round < 3; ++round) {
        RoleProcess other("tell-boot");
        CHECK(other.line() == system_clock().boot_id());
        CHECK(other.wait() == 0);
    }
}

TEST_CASE("the boot clock runs with the time since the system started") {
    const auto before = static_cast<std::int64_t>(::GetTickCount64());
    const std::int64_t now = to_ms(system_clock().boot_time());
    CHECK(now >= before);
    CHECK(now <= static_cast<std::int64_t>(::GetTickCount64()));
}
