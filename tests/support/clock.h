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
    std::int64_t wall_ms() const override { return wall; }
    std::int64_t boot_ms() const override { return boot; }
    const std::string& boot_id() const override { return id; }
    // Time passes on both.
    void pass(std::int64_t ms) {
        wall += ms;
        boot += ms;
    }

    std::atomic<std::int64_t> wall{1'767'323'045'678};  // 2026-01-02T03:04:05.678Z
    std::atomic<std::int64_t> boot{5'000'000};
    std::string id = "boot-1";
};

// The system's clock, moved by what the test has set. Only the thread that reads it may set it.
class OffsetClock final : public Clock {
  public:
    std::int64_t wall_ms() const override { return system_clock().wall_ms() + wall_offset; }
    std::int64_t boot_ms() const override { return system_clock().boot_ms() + boot_offset; }
    const std::string& boot_id() const override { return id.empty() ? system_clock().boot_id() : id; }

    std::int64_t wall_offset = 0;
    std::int64_t boot_offset = 0;
    std::string id;  // empty: of the boot that this is
};

}  // namespace riposte::test
