// SPDX-License-Identifier: Apache-2.0
// The subject of the measurements: a running riposte, in a place of its own.
#pragma once

#include "src/cli/client.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace bench {

// The responses in the configuration of every Place, as a request names them. The executable of each is a copy of
// bench_child under a name of its own.
inline constexpr const char* kStateless = "once0";
inline constexpr const char* kStateful = "hold86400";
inline constexpr const char* kTimed = "timed0";  // tells when it began

// A directory with the executables, a configuration and a state directory. Removed at the end.
class Place {
  public:
    // `more` stands behind the configuration.
    Place(std::filesystem::path root, const std::filesystem::path& child, const std::string& more = "");
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    std::filesystem::path home() const { return root_ / "home"; }
    std::filesystem::path state() const { return root_ / "state"; }
    std::filesystem::path config() const { return root_ / "riposte.conf"; }
    std::filesystem::path executable(const std::string& name) const { return home() / "active-response/bin" / name; }

    // Puts that many actions into the ledger that kStateful would have left in force. Returns when they are due, on the
    // boot clock.
    std::int64_t arm(long count, std::int64_t due_in_ms) const;

  private:
    std::filesystem::path root_;
};

class Subject {
  public:
    // Returns when it answers.
    Subject(const std::filesystem::path& program, const Place& place);
    ~Subject();
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    double ready_after_ms() const { return ready_after_ms_; }
    void send(std::string_view message) const;

    struct Counts {
        std::int64_t applied = 0, failed = 0, refused = 0, reversed = 0, reverse_failed = 0, running = 0, queued = 0;
        std::int64_t over() const { return applied + failed + refused; }
    };
    Counts counts();
    // When the child of that request, one of kTimed, began: CLOCK_MONOTONIC.
    std::int64_t began_ns(const std::string& address);

    struct Usage {
        std::int64_t wakeups = 0;  // voluntary context switches of all threads
        double cpu_ms = 0;
    };
    Usage usage() const;
    double resident_mib() const;

  private:
    void start(const std::filesystem::path& program);
    void wait_until_ready();
    void connect();

    const Place& place_;
    pid_t pid_ = -1;
    int socket_ = -1;
    double ready_after_ms_ = 0;
    std::uintmax_t times_read_ = 0;
    std::optional<riposte::ServiceClient> client_;
};

// A pause between two looks at something that is being waited for.
void pause_ms(double ms);

}  // namespace bench
