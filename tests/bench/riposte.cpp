// SPDX-License-Identifier: Apache-2.0
// Riposte beside the floor, in one run: both run the same executable with the same pipes, as many at the same time, in
// turns. Prints a table for the README.
#include "tests/bench/floor_loop.h"
#include "tests/bench/subject.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <linux/magic.h>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/vfs.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bench {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: bench_riposte [--quick] [--json] [--only PART] [--riposte FILE] [--child FILE] [--dir DIR]\n"
    "  --quick         a shorter run with fewer repetitions\n"
    "  --json          JSON instead of a Markdown table\n"
    "  --only PART     throughput, latency, start, storm or idle (default: all)\n"
    "  --riposte FILE  the program (default: riposte beside this one)\n"
    "  --child FILE    the executable (default: bench_child beside this one)\n"
    "  --dir DIR       where the state is kept, on a disk (default: beside this program)\n";

constexpr long kAtOnce = 16;  // <max_running>'s default
constexpr long kStorm = 1000;
constexpr std::int64_t kFarAwayMs = 20 * 3'600'000;
constexpr std::array<long, 4> kPending{0, 1'000, 10'000, 100'000};

struct Options {
    bool quick = false, json = false;
    std::string only;
    fs::path riposte, child, dir;
};

Options options_of(int argc, char** argv) {
    Options options;
    const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
    options.riposte = here / "riposte";
    options.child = here / "bench_child";
    options.dir = here;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--quick") {
            options.quick = true;
        } else if (word == "--json") {
            options.json = true;
        } else if (word == "--only") {
            options.only = value();
        } else if (word == "--riposte") {
            options.riposte = fs::absolute(value());
        } else if (word == "--child") {
            options.child = fs::absolute(value());
        } else if (word == "--dir") {
            options.dir = fs::absolute(value());
        } else {
            fail(std::string("unknown option ") + argv[i] + "\n" + kUsage);
        }
    }
    struct statfs info {};
    if (::statfs(options.dir.c_str(), &info) == 0 && info.f_type == TMPFS_MAGIC) {
        fail(options.dir.string() + " is in memory, where a sync costs nothing: name a directory on a disk with --dir");
    }
    return options;
}

// One line of the table. Without a target it is for information.
struct Row {
    std::string what, figure, floor, ratio, target;
    std::optional<bool> met;
};

std::string text(double number, int digits) {
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, number);
    return buffer.data();
}

// Of both sides of a comparison, measured in turns: the ratio is that of neighbours, so that what else happens on the
// machine touches both alike.
struct Pairs {
    std::vector<double> figures, floors, ratios;
    void add(double figure, double floor) {
        figures.push_back(figure);
        floors.push_back(floor);
        ratios.push_back(figure / floor);
    }
    Row row(std::string what, const std::string& unit, int digits) const {
        return {std::move(what),
                text(median(figures), digits) + unit,
                text(median(floors), digits) + unit,
                text(median(ratios), 2),
                "",
                std::nullopt};
    }
};

Row at_least(Row row, double ratio, double least) {
    row.target = ">= " + text(least, 2) + " of the floor";
    row.met = ratio >= least;
    return row;
}

Row at_most(Row row, double number, double most, const std::string& of_what) {
    row.target = "<= " + text(most, 2) + of_what;
    row.met = number <= most;
    return row;
}

std::int64_t boot_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

// Of this process without its children; how much of it does not depend on what else runs on the machine.
double own_cpu_ms() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

class Bench {
  public:
    explicit Bench(Options options) : options_(std::move(options)) {
        std::string name = (options_.dir / "bench.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) fail_with("create a directory in " + options_.dir.string(), errno);
        root_ = name;
    }
    ~Bench() {
        loaded_.clear();
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    std::vector<Row> run() {
        if (wants("start") || wants("throughput") || wants("latency")) start_loaded();
        if (wants("throughput")) {
            throughput("stateless", kStateless, false, 0.8);
            throughput("stateful, each commit synced", kStateful, true, 0.75);
        }
        if (wants("latency")) latency();
        if (wants("idle")) idle();
        loaded_.clear();
        if (wants("storm")) storm();
        return std::move(rows_);
    }

  private:
    // A service with so many actions in force.
    struct Loaded {
        long pending = 0;
        std::unique_ptr<Place> place;
        std::unique_ptr<Subject> subject;
    };

    bool wants(std::string_view part) const { return options_.only.empty() || options_.only == part; }
    int repeats(int full, int quick) const { return options_.quick ? quick : full; }
    void say(const std::string& what) const { std::fprintf(stderr, "bench_riposte: %s\n", what.c_str()); }

    std::unique_ptr<Place> make_place(const std::string& name) const {
        return std::make_unique<Place>(root_ / name, options_.child);
    }

    // ---- start-up and memory ----

    void start_loaded() {
        for (const long pending : kPending) {
            const std::string count = std::to_string(pending);
            say("start with " + count + " actions in force");
            Loaded loaded{pending, make_place(count), nullptr};
            if (pending > 0) loaded.place->arm(pending, kFarAwayMs);
            std::vector<double> ready_ms;
            for (int i = 0; i < repeats(5, 2); ++i) {
                loaded.subject.reset();
                loaded.subject = std::make_unique<Subject>(options_.riposte, *loaded.place);
                ready_ms.push_back(loaded.subject->ready_after_ms());
            }
            if (wants("start")) start_rows(loaded, ready_ms);
            loaded_.push_back(std::move(loaded));
        }
    }

    void start_rows(const Loaded& loaded, const std::vector<double>& ready_ms) {
        const std::string with = std::to_string(loaded.pending) + " in force";
        rows_.push_back({"start-up, " + with, text(median(ready_ms), 0) + " ms", "", "", "", std::nullopt});
        const double resident = loaded.subject->resident_mib();
        rows_.push_back(at_most({"resident memory, " + with, text(resident, 1) + " MiB", "", "", "", std::nullopt},
                                resident, 40, " MiB"));
    }

    Loaded& loaded(long pending) {
        return *std::find_if(loaded_.begin(), loaded_.end(), [&](const Loaded& one) { return one.pending == pending; });
    }

    // ---- throughput ----

    FloorOptions floor_options(const Place& place, const char* executable) const {
        FloorOptions options;
        options.executable = place.executable(executable).string();
        options.at_once = kAtOnce;
        options.report_start = false;
        return options;
    }

    double floor_rate(const FloorOptions& options) const {
        const FloorMeasured measured = measure_floor(options);
        if (measured.failed > 0) fail("the floor's executables failed");
        return static_cast<double>(options.count) / measured.seconds;
    }

    double rate_of(Subject& subject, const char* command, long count) {
        const std::int64_t before = subject.counts().over();
        const std::int64_t begun = now_ns();
        for (long i = 0; i < count; ++i) subject.send(request_line(command, address_of(number_++)));
        Subject::Counts counts = subject.counts();
        while (counts.over() - before < count) {
            pause_ms(4);
            counts = subject.counts();
        }
        if (counts.failed + counts.refused > 0) fail("riposte's executables failed or were refused");
        return static_cast<double>(count) * 1e9 / static_cast<double>(now_ns() - begun);
    }

    void throughput(const std::string& name, const char* command, bool stateful, double least) {
        say("throughput, " + name);
        const long count = repeats(2000, 1000);
        FloorOptions floor = floor_options(*loaded_[0].place, stateful ? "bench_stateful" : "bench_once");
        floor.stateful = stateful;
        floor.count = count;
        Pairs empty, full, full_to_empty, cpu;
        for (int i = 0; i < repeats(7, 3); ++i) {
            const double floor_cpu = own_cpu_ms();
            const double floor_before = floor_rate(floor);
            const double floor_cpu_after = own_cpu_ms();
            const double cpu_before = loaded(0).subject->usage().cpu_ms;
            const double rate = rate_of(*loaded(0).subject, command, count);
            cpu.add((loaded(0).subject->usage().cpu_ms - cpu_before) / static_cast<double>(count),
                    (floor_cpu_after - floor_cpu) / static_cast<double>(count));
            const double rate_full = rate_of(*loaded(100'000).subject, command, count);
            const double floor_after = floor_rate(floor);
            empty.add(rate, (floor_before + floor_after) / 2);
            full.add(rate_full, (floor_before + floor_after) / 2);
            full_to_empty.add(rate_full, rate);
        }
        rows_.push_back(at_least(empty.row("throughput, " + name, "/s", 0), median(empty.ratios), least));
        rows_.push_back(cpu.row("CPU of its own for each, " + name, " ms", 3));
        Row row = full.row("the same, 100000 in force", "/s", 0);
        row.ratio += ", " + text(median(full_to_empty.ratios), 2) + " of that at 0";
        row.target = ">= 0.90 of that at 0";
        row.met = median(full_to_empty.ratios) >= 0.9;
        rows_.push_back(std::move(row));
    }

    // ---- latency ----

    double floor_start_ms(const Place& place) const {
        FloorOptions options = floor_options(place, "bench_timed");
        options.count = options.at_once = 1;
        options.report_start = true;
        const FloorMeasured measured = measure_floor(options);
        if (measured.start_ms.empty()) fail("the floor's executable did not tell when it began");
        return measured.start_ms.front();
    }

    double start_ms(Subject& subject) {
        const std::string address = address_of(number_++);
        const std::string message = request_line(kTimed, address);
        const std::int64_t sent = now_ns();
        subject.send(message);
        return static_cast<double>(subject.began_ns(address) - sent) / 1e6;
    }

    static void until_idle(Subject& subject) {
        for (Subject::Counts counts = subject.counts(); counts.running + counts.queued > 0; counts = subject.counts()) {
            pause_ms(1);
        }
    }

    void latency() {
        say("start latency");
        std::vector<double> floor;
        std::vector<std::vector<double>> found(loaded_.size());
        // In a new order each time: what ran last leaves the caches as it needs them. The last one is the floor.
        std::vector<std::size_t> order(loaded_.size() + 1);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::minstd_rand random(1);
        for (int i = 0; i < repeats(300, 80); ++i) {
            std::shuffle(order.begin(), order.end(), random);
            for (const std::size_t j : order) {
                if (j == loaded_.size()) {
                    floor.push_back(floor_start_ms(*loaded_[0].place));
                } else {
                    found[j].push_back(start_ms(*loaded_[j].subject));
                    until_idle(*loaded_[j].subject);
                }
                pause_ms(4);
            }
        }
        idle_start_ms_ = median(found[0]);
        for (std::size_t j = 0; j < loaded_.size(); ++j) latency_rows(loaded_[j].pending, found[j], floor);
    }

    void latency_rows(long pending, const std::vector<double>& found, const std::vector<double>& floor) {
        for (const auto& [name, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
            const double figure = percentile(found, part), beside = percentile(floor, part);
            Row row{std::string("start latency ") + name + ", " + std::to_string(pending) + " in force",
                    text(figure, 2) + " ms",
                    text(beside, 2) + " ms",
                    text(figure / beside, 2),
                    "",
                    std::nullopt};
            if (part == 0.5 && pending == 0) row = at_most(row, figure / beside, 1.5, " of the floor");
            if (part == 0.5 && pending == 100'000) {
                row.ratio += ", " + text(figure / idle_start_ms_, 2) + " of that at 0";
                row = at_most(row, figure / idle_start_ms_, 1.1, " of that at 0");
            }
            rows_.push_back(std::move(row));
        }
    }

    // ---- a thousand at the same second ----

    struct Storm {
        double seconds = 0;
        std::vector<double> delays_ms;
    };

    Storm one_storm(const std::string& name) {
        const auto place = make_place(name);
        const std::int64_t due = place->arm(kStorm, 5'000);
        Subject subject(options_.riposte, *place);
        if (boot_ms() >= due) fail("preparing the storm took longer than its actions were in force");
        while (boot_ms() < due) pause_ms(0.5);
        Storm storm;
        Subject::Counts counts;
        while (counts.reversed < kStorm) {
            pause_ms(15);
            const double delay = start_ms(subject);
            counts = subject.counts();
            if (counts.reversed < kStorm && counts.reversed > 0) storm.delays_ms.push_back(delay);
        }
        storm.seconds = static_cast<double>(boot_ms() - due) / 1e3;
        if (counts.reverse_failed + counts.failed > 0) fail("reversals failed in the storm");
        return storm;
    }

    void storm() {
        Pairs seconds;
        std::vector<double> longest, middle;
        for (int i = 0; i < repeats(5, 2); ++i) {
            say("1000 reversals at the same second");
            const auto place = make_place("floor");
            FloorOptions floor = floor_options(*place, "bench_stateful");
            floor.count = kStorm;
            floor.command = "delete";
            const double before = kStorm / floor_rate(floor);
            const Storm storm = one_storm("storm");
            const double after = kStorm / floor_rate(floor);
            seconds.add(storm.seconds, (before + after) / 2);
            longest.push_back(percentile(storm.delays_ms, 1));
            middle.push_back(median(storm.delays_ms));
        }
        rows_.push_back(
            at_most(seconds.row("1000 reversals due at once", " s", 2), median(seconds.ratios), 1.3, " of the floor"));
        rows_.push_back({"start latency p50 meanwhile", text(median(middle), 1) + " ms", "", "", "", std::nullopt});
        rows_.push_back(
            at_most({"longest start latency meanwhile", text(median(longest), 1) + " ms", "", "", "", std::nullopt},
                    median(longest), 50, " ms"));
    }

    // ---- doing nothing ----

    void idle() {
        const int seconds = repeats(30, 5);
        say("idle for " + std::to_string(seconds) + " s");
        const auto place = make_place("idle");
        place->arm(1000, kFarAwayMs);
        Subject subject(options_.riposte, *place);
        until_idle(subject);
        pause_ms(1000);
        const Subject::Usage before = subject.usage();
        pause_ms(seconds * 1000.0);
        const Subject::Usage after = subject.usage();
        const std::int64_t wakeups = after.wakeups - before.wakeups;
        const std::string over = " over " + std::to_string(seconds) + " s idle, 1000 in force";
        rows_.push_back(at_most({"wake-ups" + over, std::to_string(wakeups), "", "", "", std::nullopt},
                                static_cast<double>(wakeups), 0, ""));
        rows_.push_back({"CPU" + over, text(after.cpu_ms - before.cpu_ms, 2) + " ms", "", "", "", std::nullopt});
    }

    const Options options_;
    fs::path root_;
    std::vector<Loaded> loaded_;
    std::vector<Row> rows_;
    long number_ = 0;
    double idle_start_ms_ = 0;
};

std::string machine() {
    std::string model = "unknown processor";
    std::ifstream processors("/proc/cpuinfo");
    for (std::string line; std::getline(processors, line);) {
        if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
    }
    const double gib = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)) /
                       (1024.0 * 1024 * 1024);
    return std::to_string(std::thread::hardware_concurrency()) + " x " + model + ", " + text(gib, 0) + " GiB";
}

std::string verdict(const Row& row) {
    return row.met ? (*row.met ? "met" : "not met") : "";
}

void print_table(const std::vector<Row>& rows) {
    std::printf("On %s:\n\n| what | Riposte | floor | ratio | target | |\n| --- | --- | --- | --- | --- | --- |\n",
                machine().c_str());
    for (const Row& row : rows) {
        std::printf("| %s | %s | %s | %s | %s | %s |\n", row.what.c_str(), row.figure.c_str(), row.floor.c_str(),
                    row.ratio.c_str(), row.target.c_str(), verdict(row).c_str());
    }
}

void print_json(const std::vector<Row>& rows) {
    boost::json::array list;
    for (const Row& row : rows) {
        boost::json::object one{{"what", row.what},
                                {"figure", row.figure},
                                {"floor", row.floor},
                                {"ratio", row.ratio},
                                {"target", row.target}};
        if (row.met) one["met"] = *row.met;
        list.push_back(std::move(one));
    }
    const boost::json::object whole{{"machine", machine()}, {"rows", std::move(list)}};
    std::printf("%s\n", boost::json::serialize(whole).c_str());
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
    try {
        const bench::Options options = bench::options_of(argc, argv);
        ::signal(SIGPIPE, SIG_IGN);
        const std::vector<bench::Row> rows = bench::Bench(options).run();
        if (options.json) {
            bench::print_json(rows);
        } else {
            bench::print_table(rows);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_riposte: %s\n", error.what());
        return 1;
    }
}
