// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/floor_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace bench {

void fail(const std::string& what) {
    throw std::runtime_error(what);
}

void fail_with(const std::string& what, int code) {
    fail(what + ": " + std::error_code(code, std::generic_category()).message());
}

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

double percentile(std::vector<double> values, double part) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
}

std::string address_of(long number) {
    return "198." + std::to_string(18 + number / 65536 % 2) + "." + std::to_string(number / 256 % 256) + "." +
           std::to_string(number % 256);
}

std::string request_line(std::string_view command, const std::string& srcip) {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":")" + std::string(command) +
           R"(","parameters":{"extra_args":[],"alert":)"
           R"({"timestamp":"2026-01-02T03:04:05.678+0000","rule":{"level":5,"description":"sshd: Attempt to login using a )"
           R"(non-existent user","id":"5710","mitre":{"id":["T1110.001","T1021.004"],"tactic":["Credential Access","Lateral )"
           R"(Movement"]},"firedtimes":1,"mail":false,"groups":["syslog","sshd","authentication_failed","invalid_login"]},)"
           R"("agent":{"id":"001","name":"endpoint","ip":"192.0.2.30"},"manager":{"name":"manager"},"id":"1767323045.12345",)"
           R"("full_log":"Jan  2 03:04:05 endpoint sshd[1234]: Invalid user admin from )" +
           srcip + R"( port 52413","decoder":{"parent":"sshd","name":"sshd"},"data":{"srcip":")" + srcip +
           R"(","srcport":"52413","srcuser":"admin"},"location":"/var/log/auth.log"},"program":"active-response/bin/bench_child"}})"
           "\n";
}

namespace {

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

    pid_t spawn(const FloorOptions& options, int input, int output, int errors) const {
        posix_spawn_file_actions_t actions;
        must("prepare redirections", ::posix_spawn_file_actions_init(&actions));
        ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        std::string name = options.executable, report = "--report-start", stateful = "--stateful";
        std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        std::vector<char*> arguments{name.data()};
        if (options.report_start) arguments.push_back(report.data());
        if (options.stateful) arguments.push_back(stateful.data());
        arguments.push_back(nullptr);
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

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // the executable ended early; its exit code tells
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string answer_line() {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":"continue","parameters":{}})"
           "\n";
}

class Floor {
  public:
    explicit Floor(FloorOptions options)
        : options_(std::move(options)), runs_(static_cast<std::size_t>(options_.at_once)) {
        poll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
        if (!poll_.is_open()) fail_with("make an epoll", errno);
    }

    FloorMeasured measure() {
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
        write_all(run.input.get(), request_line(options_.command, address_of(started_)));
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

    const FloorOptions options_;
    Recipe recipe_;
    Descriptor poll_;
    std::vector<Run> runs_;
    FloorMeasured measured_;
    long started_ = 0;
    long running_ = 0;
};

}  // namespace

FloorMeasured measure_floor(const FloorOptions& options) {
    return Floor(options).measure();
}

}  // namespace bench
