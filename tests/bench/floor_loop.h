// SPDX-License-Identifier: Apache-2.0
// Measures the minimum cost of running an executable for each request on this machine: posix_spawn, pipes and the
// exchange of a line, in one thread and without anything else. Any cost above this floor is Riposte's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct FloorOptions {
    std::string executable;
    std::string command = "add";  // as the executable is told it
    long count = 2000;
    long at_once = 8;
    bool stateful = false;     // the executable asks, and is answered
    bool apart = true;         // standard output and error each have a pipe
    bool report_start = true;  // --report-start: the executable tells when it began
};

struct FloorMeasured {
    std::vector<double> start_ms, finished_ms;
    long failed = 0;
    double seconds = 0;
};

// Fails if the system refuses something, or nothing happens for a minute.
FloorMeasured measure_floor(const FloorOptions& options);

// About what a manager sends for an alert of sshd.
std::string request_line(std::string_view command, const std::string& srcip);
std::string address_of(long number);

// CLOCK_MONOTONIC, as bench_child tells it.
std::int64_t now_ns();

// Throw std::runtime_error; the mains print it.
[[noreturn]] void fail(const std::string& what);
[[noreturn]] void fail_with(const std::string& what, int code);

// Of values in any order; not a number if there are none.
double percentile(std::vector<double> values, double part);
inline double median(const std::vector<double>& values) {
    return percentile(values, 0.5);
}

}  // namespace bench
