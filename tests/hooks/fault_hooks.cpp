// SPDX-License-Identifier: Apache-2.0
// The tests' hold on the program (src/hooks.h), driven by the environment:
//   RIPOSTE_KILL_AT=STEP or STEP:N   the process kills itself when it reaches the step (for the N-th time)
//   RIPOSTE_TEST_CLOCK=FILE          the clock is the system's plus offsets from the file, read at each call:
//                                    "WALL_OFFSET_MS BOOT_OFFSET_MS BOOT_ID", a boot id of "-" or none being the
//                                    system's.
// While the file is missing there is no offset. Replace it by renaming another over it: the last good content counts
// while it holds anything else.
#include "src/hooks.h"
#include "tests/support/os.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace riposte::hooks {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

struct KillAt {
    std::string step;
    long left = 1;

    KillAt() : step(environment("RIPOSTE_KILL_AT")) {
        const std::size_t colon = step.rfind(':');
        if (colon == std::string::npos) return;
        const long times = std::strtol(step.c_str() + colon + 1, nullptr, 10);
        if (times <= 0) return;
        left = times;
        step.resize(colon);
    }
};

struct Offsets {
    std::int64_t wall = 0;
    std::int64_t boot = 0;
    std::string boot_id;
};

class ShiftedClock final : public Clock {
  public:
    explicit ShiftedClock(std::string file) : file_(std::move(file)) {}

    WallTime wall_time() const override {
        return system_clock().wall_time() + std::chrono::milliseconds(offsets().wall);
    }
    BootTime boot_time() const override {
        return system_clock().boot_time() + std::chrono::milliseconds(offsets().boot);
    }
    const std::string& boot_id() const override {
        const Offsets now = offsets();
        if (now.boot_id.empty() || now.boot_id == "-") return system_clock().boot_id();
        // Whoever holds a reference from before the last change keeps a valid one.
        const std::lock_guard<std::mutex> lock(mutex_);
        return *boot_ids_.insert(now.boot_id).first;
    }

  private:
    Offsets offsets() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::ifstream in(file_, std::ios::binary);
        std::error_code ignored;
        if (!in && !std::filesystem::exists(file_, ignored)) last_ = {};
        if (in) take({std::istreambuf_iterator<char>(in), {}});
        return last_;
    }

    void take(const std::string& text) const {
        std::istringstream words(text);
        Offsets read;
        if (!(words >> read.wall >> read.boot)) return;
        words >> read.boot_id;
        last_ = read;
    }

    const std::string file_;
    mutable std::mutex mutex_;
    mutable Offsets last_;
    mutable std::set<std::string> boot_ids_;
};

}  // namespace

void reached(const char* step) {
    static const KillAt kill_at;
    static std::atomic<long> left{kill_at.left};
    if (kill_at.step != step || left.fetch_sub(1) != 1) return;
    test::end_at_once();
}

const Clock& clock() {
    static const std::string file = environment("RIPOSTE_TEST_CLOCK");
    if (file.empty()) return system_clock();
    static const ShiftedClock shifted(file);
    return shifted;
}

}  // namespace riposte::hooks
