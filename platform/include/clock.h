// SPDX-License-Identifier: Apache-2.0
// Time as an input. Waiting and due times within one boot use the boot clock, which counts time asleep and does not
// follow changes of the wall clock; the wall clock is for display and for what must survive a reboot.
#pragma once

#include "platform/include/event_loop.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace riposte {

// Points in time, in milliseconds: since this system booted, time asleep included, and since the Unix epoch as the
// administrator has set the clock. The types do not mix: comparing or subtracting one and the other does not compile.
struct BootClock;
using BootTime = std::chrono::time_point<BootClock, std::chrono::milliseconds>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// As numbers, for files and messages.
template <class Epoch>
constexpr std::int64_t to_ms(std::chrono::time_point<Epoch, std::chrono::milliseconds> time) {
    return time.time_since_epoch().count();
}
constexpr BootTime boot_time_of(std::int64_t ms) {
    return BootTime(std::chrono::milliseconds(ms));
}
constexpr WallTime wall_time_of(std::int64_t ms) {
    return WallTime(std::chrono::milliseconds(ms));
}

// Safe to use from any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual WallTime wall_time() const = 0;
    // Never goes back within a boot. Windows: in steps of up to 16 ms. Its fast start-up wakes a kernel that slept, so
    // that counts as the same boot.
    virtual BootTime boot_time() const = 0;
    // Differs between any two boots of this machine, and stays while the clock is set. Linux: the kernel's boot_id.
    // Windows: the boot time as the kernel first told it, and a counter of boots.
    virtual const std::string& boot_id() const = 0;
};

// The operating system's own; lives as long as the process.
const Clock& system_clock();

// One timer on the boot clock, owned by the loop. Sets no periodic wake-up. Windows: if the system sleeps and its clock
// is set back in one wait, the time is noticed late, by as much as the shorter of the two.
class BootTimer {
  public:
    BootTimer(boost::asio::io_context& loop, const Clock& clock);
    ~BootTimer();
    BootTimer(const BootTimer&) = delete;
    BootTimer& operator=(const BootTimer&) = delete;

    // Calls `due` once, on the loop, at or after the given reading of clock.boot_time(). Replaces an earlier wait, whose
    // handler is then never called. A time already past is due at once.
    void wait_until(BootTime time, std::function<void()> due);
    void cancel();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace riposte
