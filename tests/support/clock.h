// SPDX-License-Identifier: Apache-2.0
// Clocks that tests set: one that stands still until it is moved, and the system's clock moved by an offset.
#pragma once

#include "platform/include/clock.h"

#include <atomic>
#include <cstdint>
#include <string>

namespace riposte::test {

// Tells what the test has set. The times may be set while another thread reads them, the boot's name may not.
class SetClock final : public Clock {
  public:
    WallTime wall_time() const override { return wall_time_of(wall); }
    BootTime boot_time() const override { return boot_time_of(boot); }
    const std::string& boot_id() const override { return id; }
    // Time passes on both.
    void pass(std::int64_t ms) {
        wall += ms;
        boot += ms;
    }

    // Milliseconds.
    std::atomic<std::int64_t> wall{1'767'323'045'678};  // 2026-01-02T03:04:05.678Z
    std::atomic<std::int64_t> boot{5'000'000};
    std::string id = "boot-1";
};

// The system's clock, moved by what the test has set. Only the thread that reads it may set it.
class OffsetClock final : public Clock {
  public:
    WallTime wall_time() const override { return system_clock().wall_time() + std::chrono::milliseconds(wall_offset); }
    BootTime boot_time() const override { return system_clock().boot_time() + std::chrono::milliseconds(boot_offset); }
    const std::string& boot_id() const override { return id.empty() ? system_clock().boot_id() : id; }

    std::int64_t wall_offset = 0, boot_offset = 0;  // milliseconds
    std::string id;                                 // empty: of the boot that this is
};

}  // namespace riposte::test
