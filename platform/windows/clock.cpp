// SPDX-License-Identifier: Apache-2.0
#include "platform/include/clock.h"

#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/windows/object_handle.hpp>

#include <algorithm>
#include <array>
#include <bcrypt.h>
#include <system_error>
#include <utility>
#include <windows.h>
#include <winternl.h>

namespace riposte {
namespace {

namespace asio = boost::asio;

// From 1601, where Windows begins to count, to 1970, in 100 ns.
constexpr std::int64_t kUnixEpoch = 116'444'736'000'000'000;
constexpr std::int64_t kUnitsPerMillisecond = 10'000;
// A longer wait is cut into pieces of this length, so that no arithmetic overflows: about 30 years.
constexpr std::chrono::milliseconds kLongestWait{1'000'000'000'000};

std::int64_t system_time() {
    FILETIME now{};
    ::GetSystemTimePreciseAsFileTime(&now);
    return static_cast<std::int64_t>((std::uint64_t{now.dwHighDateTime} << 32U) | now.dwLowDateTime);
}

std::string hexadecimal(const unsigned char* bytes, std::size_t size) {
    std::string text;
    for (std::size_t index = 0; index < size; ++index) {
        text += "0123456789abcdef"[bytes[index] >> 4U];
        text += "0123456789abcdef"[bytes[index] & 15U];
    }
    return text;
}

// Without an identity of the boot every start counts as another boot: then wall-clock time decides, which is the safe
// side.
std::string random_boot_id() {
    std::array<unsigned char, 16> bytes{};
    const NTSTATUS status =
        ::BCryptGenRandom(nullptr, bytes.data(), static_cast<ULONG>(bytes.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status < 0) bytes[0] = static_cast<unsigned char>(::GetCurrentProcessId());
    return "unknown-" + hexadecimal(bytes.data(), bytes.size());
}

// SystemTimeOfDayInformation, of which the headers name the first three.
struct TimeOfDay {
    std::int64_t boot_time;
    std::int64_t current_time;
    std::int64_t time_zone_bias;
    std::uint32_t time_zone;
    std::uint32_t reserved;
    std::int64_t boot_time_bias;
    std::int64_t sleep_time_bias;
};

// Counts the boots, in case the hardware's clock starts each of them at the same time. 0 where it is not kept.
std::uint32_t boot_counter() {
    DWORD counter = 0;
    DWORD size = sizeof(counter);
    ::RegGetValueW(HKEY_LOCAL_MACHINE,
                   L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters",
                   L"BootId", RRF_RT_REG_DWORD, nullptr, &counter, &size);
    return counter;
}

// When the clock is set, the kernel moves its boot time along and adds up by how much: the difference is the boot time
// as it was first told, and stays.
std::string read_boot_id() {
    TimeOfDay time{};
    ULONG size = 0;
    const NTSTATUS status = ::NtQuerySystemInformation(SystemTimeOfDayInformation, &time, sizeof(time), &size);
    if (status < 0 || size < sizeof(time) || time.boot_time == 0) return random_boot_id();
    return std::to_string(time.boot_time - time.boot_time_bias) + "-" + std::to_string(boot_counter());
}

class SystemClock final : public Clock {
  public:
    WallTime wall_time() const override { return wall_time_of((system_time() - kUnixEpoch) / kUnitsPerMillisecond); }
    // Time asleep included (QueryUnbiasedInterruptTime is the one without).
    BootTime boot_time() const override { return boot_time_of(static_cast<std::int64_t>(::GetTickCount64())); }
    const std::string& boot_id() const override { return boot_id_; }

  private:
    const std::string boot_id_ = read_boot_id();
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

// No timer of Windows follows the boot clock: a relative one stands still while the system sleeps, an absolute one
// follows the wall clock. So there is one of each, and the first to expire looks at the boot clock.
struct BootTimer::State : std::enable_shared_from_this<BootTimer::State> {
    struct Alarm {
        explicit Alarm(asio::io_context& loop) : timer(loop) {
            UniqueHandle created(::CreateWaitableTimerW(nullptr, FALSE, nullptr));
            if (!created) throw std::system_error(os_error(::GetLastError(), {}).code, "create a timer");
            timer.assign(created.get());
            created.release();
        }
        // In 100 ns: negative from now, positive since 1601.
        void set(std::int64_t due) {
            LARGE_INTEGER when{};
            when.QuadPart = due;
            ::SetWaitableTimer(timer.native_handle(), &when, 0, nullptr, nullptr, FALSE);
        }
        void cancel() { ::CancelWaitableTimer(timer.native_handle()); }

        asio::windows::object_handle timer;
        bool waiting = false;
    };

    State(asio::io_context& loop, const Clock& its_clock) : clock(its_clock), relative(loop), absolute(loop) {}

    // The clock may be a test's, ahead of or behind the system's: only the time that remains is carried over.
    void arm() {
        const auto remaining = std::clamp(target - clock.boot_time(), std::chrono::milliseconds(0), kLongestWait);
        const std::int64_t units = remaining.count() * kUnitsPerMillisecond;
        relative.set(-units);
        absolute.set(system_time() + units);
        wait(relative);
        wait(absolute);
    }

    void wait(Alarm& alarm) {
        if (std::exchange(alarm.waiting, true)) return;
        alarm.timer.async_wait([weak = weak_from_this(), &alarm](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && error != asio::error::operation_aborted) self->on_expired(alarm);
        });
    }

    // The event may be that of an earlier time, since replaced.
    void on_expired(Alarm& alarm) {
        alarm.waiting = false;
        if (!due) return;
        if (clock.boot_time() < target) return arm();
        std::exchange(due, nullptr)();
    }

    const Clock& clock;
    Alarm relative;
    Alarm absolute;
    std::function<void()> due;
    BootTime target;
};

BootTimer::BootTimer(asio::io_context& loop, const Clock& clock) : state_(std::make_shared<State>(loop, clock)) {}

BootTimer::~BootTimer() = default;

void BootTimer::wait_until(BootTime time, std::function<void()> due) {
    state_->target = time;
    state_->due = std::move(due);
    state_->arm();
}

void BootTimer::cancel() {
    state_->due = nullptr;
    state_->relative.cancel();
    state_->absolute.cancel();
}

}  // namespace riposte
