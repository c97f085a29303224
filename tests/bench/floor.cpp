// SPDX-License-Identifier: Apache-2.0
// The least that running an executable for each request costs on this machine: posix_spawn, pipes and the exchange of a
// line, in one thread and without anything else. What Riposte needs beyond this is its own doing.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr const char* kUsage =
    "usage: bench_floor --executable FILE [--count N] [--at-once K] [--stateful] [--pipes 2|3] [--json]\n"
    "  --executable FILE  what to run, such as bench_child\n"
    "  --count N          how many requests in all (default 2000)\n"
    "  --at-once K        how many of them at the same time (default 8)\n"
    "  --stateful         answer the executable's check_keys line\n"
    "  --pipes 2|3        standard output and error together, or apart (default 3)\n"
    "  --json             one line of JSON instead of text\n";

struct Options {
    std::string executable;
    long count = 2000;
    long at_once = 8;
    bool stateful = false;
    bool apart = true;
    bool json = false;
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_floor: %s\n", what.c_str());
    std::exit(1);
}

[[noreturn]] void fail_with(const std::string& what, int code) {
    fail(what + ": " + std::error_code(code, std::generic_category()).message());
}

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
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--executable") {
            options.executable = value();
        } else if (word == "--count") {
            options.count = number_of(value(), 10'000'000);
        } else if (word == "--at-once") {
            options.at_once = number_of(value(), 256);
        } else if (word == "--pipes") {
            options.apart = number_of(value(), 3) == 3;
        } else if (word == "--stateful") {
            options.stateful = true;
        } else if (word == "--json") {
            options.json = true;
        } else {
            fail(std::string("unknown option ") + argv[i] + "\n" + kUsage);
        }
    }
    if (options.executable.empty()) fail(std::string("no executable\n") + kUsage);
    return options;
}

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }
    int get() const { return number_; }
    bool is_open() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

  private:
    int number_ = -1;
};

struct Pipe {
    Descriptor read, write;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_with("make a pipe", errno);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void must(const char* what, int code) {
    if (code != 0) fail_with(what, code);
}

// The attributes and redirections that a careful parent sets: own session, default signals, none blocked, three
// descriptors.
class Recipe {
  public:
    Recipe() {
        must("prepare attributes", ::posix_spawnattr_init(&attributes_));
        sigset_t none, all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Recipe() { ::posix_spawnattr_destroy(&attributes_); }
    Recipe(const Recipe&) = delete;
    Recipe& operator=(const Recipe&) = delete;

    pid_t spawn(const Options& options, int input, int output, int errors) const {
        posix_spawn_file_actions_t actions;
        must("prepare redirections", ::posix_spawn_file_actions_init(&actions));
        ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        std::string name = options.executable, report = "--report-start", stateful = "--stateful";
        std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        const std::array<char*, 4> arguments{name.data(), report.data(), options.stateful ? stateful.data() : nullptr,
                                             nullptr};
        const std::array<char*, 2> variables{path.data(), nullptr};
        pid_t pid = -1;
        const int code = ::posix_spawn(&pid, name.c_str(), &actions, &attributes_, arguments.data(), variables.data());
        ::posix_spawn_file_actions_destroy(&actions);
        if (code != 0) fail_with("run " + options.executable, code);
        return pid;
    }

  private:
    posix_spawnattr_t attributes_{};
};

struct Run {
    pid_t pid = -1;
    std::int64_t begun_ns = 0;
    Descriptor input, output, errors;
    std::string out_text, error_text;
    bool answered = false;
};

struct Measured {
    std::vector<double> start_ms, finished_ms;
    long failed = 0;
    double seconds = 0;
};

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // the executable ended early; its exit code tells
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// About what a manager sends for an alert of sshd.
std::string request_line(long number) {
    const std::string srcip = "198.18." + std::to_string(number / 256 % 256) + "." + std::to_string(number % 256);
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":"add","parameters":{"extra_args":[],"alert":)"
           R"({"timestamp":"2026-01-02T03:04:05.678+0000","rule":{"level":5,"description":"sshd: Attempt to login using a )"
           R"(non-existent user","id":"5710","mitre":{"id":["T1110.001","T1021.004"],"tactic":["Credential Access","Lateral )"
           R"(Movement"]},"firedtimes":1,"mail":false,"groups":["syslog","sshd","authentication_failed","invalid_login"]},)"
           R"("agent":{"id":"001","name":"endpoint","ip":"192.0.2.30"},"manager":{"name":"manager"},"id":"1767323045.12345",)"
           R"("full_log":"Jan  2 03:04:05 endpoint sshd[1234]: Invalid user admin from )" +
           srcip + R"( port 52413","decoder":{"parent":"sshd","name":"sshd"},"data":{"srcip":")" + srcip +
           R"(","srcport":"52413","srcuser":"admin"},"location":"/var/log/auth.log"},"program":"active-response/bin/bench_child"}})"
           "\n";
}

std::string answer_line() {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":"continue","parameters":{}})"
           "\n";
}

class Floor {
  public:
    explicit Floor(Options options) : options_(std::move(options)), runs_(static_cast<std::size_t>(options_.at_once)) {
        poll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
        if (!poll_.is_open()) fail_with("make an epoll", errno);
    }

    Measured measure() {
        const std::int64_t begun = now_ns();
        for (std::size_t slot = 0; slot < runs_.size() && started_ < options_.count; ++slot) start(slot);
        while (running_ > 0) wait();
        measured_.seconds = static_cast<double>(now_ns() - begun) / 1e9;
        return std::move(measured_);
    }

  private:
    void start(std::size_t slot) {
        Run& run = runs_[slot];
        run = Run{};
        run.begun_ns = now_ns();
        Pipe input = make_pipe(), output = make_pipe(), errors;
        if (options_.apart) errors = make_pipe();
        const int errors_end = options_.apart ? errors.write.get() : output.write.get();
        run.pid = recipe_.spawn(options_, input.read.get(), output.write.get(), errors_end);
        run.input = std::move(input.write);
        run.output = std::move(output.read);
        run.errors = std::move(errors.read);
        watch(run.output, slot * 2);
        if (options_.apart) watch(run.errors, slot * 2 + 1);
        write_all(run.input.get(), request_line(started_));
        if (!options_.stateful) run.input.close();
        ++started_;
        ++running_;
    }

    void watch(const Descriptor& descriptor, std::size_t tag) {
        if (::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK) != 0) fail_with("make a pipe non-blocking", errno);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = tag;
        if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0) fail_with("watch a pipe", errno);
    }

    void wait() {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), 60'000);
        if (count == 0) fail("nothing happened for 60 s: does " + options_.executable + " end?");
        if (count < 0 && errno != EINTR) fail_with("wait", errno);
        for (int i = 0; i < count; ++i) {
            const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
            serve(tag / 2, tag % 2 == 1);
        }
    }

    void serve(std::size_t slot, bool is_errors) {
        Run& run = runs_[slot];
        Descriptor& source = is_errors ? run.errors : run.output;
        // The slot may have been given to the next request by an event of the same batch; its pipe then just has
        // nothing to read.
        if (!source.is_open()) return;
        std::array<char, 8192> bytes;
        const ssize_t size = ::read(source.get(), bytes.data(), bytes.size());
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            source.close();
            if (!run.output.is_open() && !run.errors.is_open()) finish(slot);
            return;
        }
        std::string& text = is_errors ? run.error_text : run.out_text;
        text.append(bytes.data(), static_cast<std::size_t>(size));
        if (!is_errors) answer(run);
    }

    void answer(Run& run) {
        if (!options_.stateful || run.answered) return;
        const std::size_t keys = run.out_text.find("\"check_keys\"");
        if (keys == std::string::npos || run.out_text.find('\n', keys) == std::string::npos) return;
        run.answered = true;
        write_all(run.input.get(), answer_line());
        run.input.close();
    }

    void finish(std::size_t slot) {
        Run& run = runs_[slot];
        int status = 0;
        while (::waitpid(run.pid, &status, 0) < 0 && errno == EINTR) {
        }
        measured_.finished_ms.push_back(static_cast<double>(now_ns() - run.begun_ns) / 1e6);
        const bool conversed = !options_.stateful || run.answered;
        if (status != 0 || !conversed) ++measured_.failed;
        note_start(run);
        --running_;
        if (started_ < options_.count) start(slot);
    }

    void note_start(const Run& run) {
        constexpr std::string_view kStart = "start ";
        const std::string& text = options_.apart ? run.error_text : run.out_text;
        if (text.rfind(kStart, 0) != 0) return;
        const long long started = std::strtoll(text.c_str() + kStart.size(), nullptr, 10);
        measured_.start_ms.push_back(static_cast<double>(started - run.begun_ns) / 1e6);
    }

    const Options options_;
    Recipe recipe_;
    Descriptor poll_;
    std::vector<Run> runs_;
    Measured measured_;
    long started_ = 0;
    long running_ = 0;
};

// "null" without values: an executable other than bench_child does not tell when it began.
std::string percentile(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) return "null";
    const auto rank = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1) + 0.5);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", sorted[rank]);
    return text.data();
}

void print(const Options& options, Measured& measured) {
    std::sort(measured.start_ms.begin(), measured.start_ms.end());
    std::sort(measured.finished_ms.begin(), measured.finished_ms.end());
    const double rate = static_cast<double>(options.count) / measured.seconds;
    const char* format =
        options.json ? "{\"requests\":%ld,\"at_once\":%ld,\"mode\":\"%s\",\"pipes\":%d,\"failed\":%ld,\"seconds\":%.3f,"
                       "\"requests_per_second\":%.1f,\"start_ms\":{\"p50\":%s,\"p99\":%s},\"finished_ms\":{\"p50\":%s,"
                       "\"p99\":%s}}\n"
                     : "%ld requests, %ld at once, %s, %d pipes, %ld failed: %.3f s, %.1f requests per second\n"
                       "from spawn to the executable's first step: p50 %s ms, p99 %s ms\n"
                       "from spawn to its end: p50 %s ms, p99 %s ms\n";
    std::printf(format, options.count, options.at_once, options.stateful ? "stateful" : "stateless",
                options.apart ? 3 : 2, measured.failed, measured.seconds, rate,
                percentile(measured.start_ms, 0.5).c_str(), percentile(measured.start_ms, 0.99).c_str(),
                percentile(measured.finished_ms, 0.5).c_str(), percentile(measured.finished_ms, 0.99).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = options_of(argc, argv);
    ::signal(SIGPIPE, SIG_IGN);
    Measured measured = Floor(options).measure();
    print(options, measured);
    return measured.failed == 0 ? 0 : 1;
}
