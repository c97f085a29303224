// SPDX-License-Identifier: Apache-2.0
#include "platform/include/clock.h"

#include "platform/linux/unique_fd.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
// A longer wait is cut into pieces of this length, so that no arithmetic overflows: about 30 years.
constexpr std::chrono::milliseconds kLongestWait{1'000'000'000'000};

std::int64_t read_clock_ns(clockid_t id) {
    timespec now{};
    ::clock_gettime(id, &now);
    return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

// Without an identity of the boot every start counts as another boot: then wall-clock time decides, which is the safe
// side.
std::string random_boot_id() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) < 0) bytes[0] = static_cast<unsigned char>(::getpid());
    std::string text = "unknown-";
    for (const unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

std::string read_boot_id() {
    const UniqueFd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    std::array<char, 64> buffer{};
    const ssize_t size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.empty() ? random_boot_id() : text;
}

class SystemClock final : public Clock {
  public:
    WallTime wall_time() const override {
        return wall_time_of(read_clock_ns(CLOCK_REALTIME) / kNanosecondsPerMillisecond);
    }
    BootTime boot_time() const override {
        return boot_time_of(read_clock_ns(CLOCK_BOOTTIME) / kNanosecondsPerMillisecond);
    }
    const std::string& boot_id() const override { return boot_id_; }

  private:
    const std::string boot_id_ = read_boot_id();
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

struct BootTimer::State : std::enable_shared_from_this<BootTimer::State> {
    State(boost::asio::io_context& loop, const Clock& its_clock) : clock(its_clock), timer(loop) {
        UniqueFd created(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!created) throw std::system_error(errno, std::generic_category(), "create a timer");
        timer.assign(created.get());
        created.release();
    }

    void set(std::int64_t expires_ns) {
        itimerspec when{};
        when.it_value.tv_sec = expires_ns / kNanosecondsPerSecond;
        when.it_value.tv_nsec = expires_ns % kNanosecondsPerSecond;
        ::timerfd_settime(timer.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
    }

    // The clock may be a test's, ahead of or behind the kernel's: only the time that remains is carried over.
    void arm() {
        const auto remaining = std::clamp(target - clock.boot_time(), std::chrono::milliseconds(0), kLongestWait);
        set(read_clock_ns(CLOCK_BOOTTIME) + std::chrono::nanoseconds(remaining).count());
        if (!waiting) wait();
    }

    void wait() {
        waiting = true;
        timer.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [weak = weak_from_this()](const boost::system::error_code& error) {
                             const auto self = weak.lock();
                             if (self && !error) self->on_readable();
                         });
    }

    void on_readable() {
        waiting = false;
        std::uint64_t expirations = 0;
        // Nothing to read means that the event is that of an earlier time, since replaced.
        const bool expired = ::read(timer.native_handle(), &expirations, sizeof(expirations)) > 0;
        if (!due) return;
        if (!expired) return wait();
        if (clock.boot_time() < target) return arm();
        std::exchange(due, nullptr)();
    }

    const Clock& clock;
    boost::asio::posix::stream_descriptor timer;
    std::function<void()> due;
    BootTime target;
    bool waiting = false;
};

BootTimer::BootTimer(boost::asio::io_context& loop, const Clock& clock)
    : state_(std::make_shared<State>(loop, clock)) {}

BootTimer::~BootTimer() = default;

void BootTimer::wait_until(BootTime time, std::function<void()> due) {
    state_->target = time;
    state_->due = std::move(due);
    state_->arm();
}

void BootTimer::cancel() {
    state_->due = nullptr;
    state_->set(0);
}

}  // namespace riposte
