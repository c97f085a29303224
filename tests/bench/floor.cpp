// SPDX-License-Identifier: Apache-2.0
// The floor alone, from the command line.
#include "tests/bench/floor_loop.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <signal.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bench::fail;
using bench::FloorMeasured;
using bench::FloorOptions;
using bench::measure_floor;
using bench::percentile;

constexpr const char* kUsage =
    "usage: bench_floor --executable FILE [--count N] [--at-once K] [--stateful] [--pipes 2|3] [--json]\n"
    "  --executable FILE  what to run, such as bench_child\n"
    "  --count N          how many requests in all (default 2000)\n"
    "  --at-once K        how many of them at the same time (default 8)\n"
    "  --stateful         answer the executable's check_keys line\n"
    "  --pipes 2|3        standard output and error together, or apart (default 3)\n"
    "  --json             one line of JSON instead of text\n";

struct Options {
    FloorOptions floor;
    bool json = false;
};

long number_of(const char* text, long most) {
    char* end = nullptr;
    const long number = std::strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 1 || number > most) {
        fail(std::string(text) + " is no number from 1 to " + std::to_string(most));
    }
    return number;
}

Options options_of(int argc, char** argv) {
    Options options;
    FloorOptions& floor = options.floor;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--executable") {
            floor.executable = value();
        } else if (word == "--count") {
            floor.count = number_of(value(), 10'000'000);
        } else if (word == "--at-once") {
            floor.at_once = number_of(value(), 256);
        } else if (word == "--pipes") {
            floor.apart = number_of(value(), 3) == 3;
        } else if (word == "--stateful") {
            floor.stateful = true;
        } else if (word == "--json") {
            options.json = true;
        } else {
            fail(std::string("unknown option ") + argv[i] + "\n" + kUsage);
        }
    }
    if (floor.executable.empty()) fail(std::string("no executable\n") + kUsage);
    return options;
}

// "null" without values: an executable other than bench_child does not tell when it began.
std::string in_ms(const std::vector<double>& values, double part) {
    if (values.empty()) return "null";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", percentile(values, part));
    return text.data();
}

void print(const Options& options, const FloorMeasured& measured) {
    const double rate = static_cast<double>(options.floor.count) / measured.seconds;
    const char* format =
        options.json ? "{\"requests\":%ld,\"at_once\":%ld,\"mode\":\"%s\",\"pipes\":%d,\"failed\":%ld,\"seconds\":%.3f,"
                       "\"requests_per_second\":%.1f,\"start_ms\":{\"p50\":%s,\"p99\":%s},\"finished_ms\":{\"p50\":%s,"
                       "\"p99\":%s}}\n"
                     : "%ld requests, %ld at once, %s, %d pipes, %ld failed: %.3f s, %.1f requests per second\n"
                       "from spawn to the executable's first step: p50 %s ms, p99 %s ms\n"
                       "from spawn to its end: p50 %s ms, p99 %s ms\n";
    std::printf(format, options.floor.count, options.floor.at_once, options.floor.stateful ? "stateful" : "stateless",
                options.floor.apart ? 3 : 2, measured.failed, measured.seconds, rate,
                in_ms(measured.start_ms, 0.5).c_str(), in_ms(measured.start_ms, 0.99).c_str(),
                in_ms(measured.finished_ms, 0.5).c_str(), in_ms(measured.finished_ms, 0.99).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = options_of(argc, argv);
        ::signal(SIGPIPE, SIG_IGN);
        const FloorMeasured measured = measure_floor(options.floor);
        print(options, measured);
        return measured.failed == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_floor: %s\n", error.what());
        return 1;
    }
}
