// SPDX-License-Identifier: Apache-2.0
#include "platform/include/clock.h"

#include "tests/platform/support.h"

using namespace riposte;

TEST_CASE("a boot is named as the kernel names it") {
    std::string kernel = test::read_file("/proc/sys/kernel/random/boot_id");
    while (!kernel.empty() && kernel.back() == '\n') kernel.pop_back();
    CHECK(system_clock().boot_id() == kernel);
}
