// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/subject.h"

#include "platform/include/clock.h"
#include "src/ledger/ledger.h"
#include "src/request/child_input.h"
#include "tests/bench/floor_loop.h"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace bench {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPatienceNs = 120'000'000'000;
constexpr std::int64_t kTimeoutMs = 86'400'000;
constexpr int kArmAtOnce = 500;

constexpr const char* kConfig =
    "<ossec_config>\n"
    "  <command><name>once</name><executable>bench_once</executable></command>\n"
    "  <command><name>timed</name><executable>bench_timed</executable></command>\n"
    "  <command><name>hold</name><executable>bench_stateful</executable><timeout_allowed>yes</timeout_allowed>"
    "</command>\n"
    "  <active-response><command>once</command><location>local</location></active-response>\n"
    "  <active-response><command>timed</command><location>local</location></active-response>\n"
    "  <active-response><command>hold</command><location>local</location><timeout>86400</timeout></active-response>\n"
    "</ossec_config>\n";

template <class T>
T need(riposte::Result<T> result) {
    if (!result) fail(result.error().text());
    return std::move(*result);
}

std::string armed_address(long number) {
    return "10." + std::to_string(number / 65536 % 256) + "." + std::to_string(number / 256 % 256) + "." +
           std::to_string(number % 256);
}

riposte::Action armed_action(long number) {
    const std::string address = armed_address(number);
    riposte::Request request = need(riposte::decode_request(request_line(kStateful, address)));
    riposte::Action action;
    action.name = kStateful;
    action.command = "hold";
    action.executable = "bench_stateful";
    action.channel = "execq";
    action.srcip = address;
    action.rule_id = request.rule_id;
    action.alert_id = request.alert_id;
    action.input =
        need(riposte::build_child_input(request, riposte::Dialect::Wazuh4, "active-response/bin/bench_stateful", ""));
    action.key = {action.executable, riposte::Key::Kind::Named, {address}};
    action.timeout = std::chrono::milliseconds(kTimeoutMs);
    action.deadline = std::chrono::minutes(1);
    action.received_wall = riposte::system_clock().wall_time();
    action.received_boot = riposte::system_clock().boot_time();
    return action;
}

std::int64_t member(const boost::json::object& object, std::string_view name) {
    return riposte::number_of(object, name);
}

std::string text_of_file(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::int64_t number_behind(const std::string& text, const char* name) {
    const std::size_t found = text.find(name);
    return found == std::string::npos ? 0 : std::strtoll(text.c_str() + found + std::strlen(name), nullptr, 10);
}

}  // namespace

void pause_ms(double ms) {
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

// ---- the place ----

Place::Place(fs::path root, const fs::path& child, const std::string& more) : root_(std::move(root)) {
    fs::create_directories(home() / "active-response/bin");
    fs::create_directories(home() / "logs");
    for (const char* name : {"bench_once", "bench_timed", "bench_stateful"}) {
        fs::copy_file(child, executable(name));
        fs::permissions(executable(name), fs::perms::owner_all);
    }
    std::ofstream(executable("bench_timed.times"));
    std::ofstream(config()) << kConfig << more;
    fs::permissions(config(), fs::perms::owner_read | fs::perms::owner_write);
    fs::create_directory(state());
    fs::permissions(state(), fs::perms::owner_all);
}

Place::~Place() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

std::int64_t Place::arm(long count, std::int64_t due_in_ms) const {
    boost::asio::io_context loop;
    const riposte::Clock& clock = riposte::system_clock();
    riposte::Ledger::Opened opened;
    const auto ledger = need(riposte::Ledger::open(loop, clock, state(), opened));
    const std::chrono::milliseconds left(due_in_ms);
    const riposte::Due due{clock.boot_time() + left, clock.wall_time() + left};
    long written = 0;
    std::string problem;
    for (long number = 0; number < count; ++number) {
        riposte::Action action = armed_action(number);
        action.id = ledger->next_id();
        const riposte::ActionId id = action.id;
        const riposte::Key key = action.key;
        ledger->admit(std::move(action), [&](const riposte::Result<void>& done) {
            ++written;
            if (!done) problem = done.error().text();
        });
        ledger->set_in_force(id, key, due);
        ledger->finish_apply(id, {}, riposte::Phase::InForce, due);
        while (number + 1 - written > kArmAtOnce || (number + 1 == count && written < count)) loop.run_one();
        if (!problem.empty()) fail(problem);
    }
    return riposte::to_ms(due.boot);
}

// ---- the subject ----

Subject::Subject(const fs::path& program, const Place& place) : place_(place) {
    times_read_ = fs::file_size(place_.executable("bench_timed.times"));
    const std::int64_t begun = now_ns();
    start(program);
    wait_until_ready();
    ready_after_ms_ = static_cast<double>(now_ns() - begun) / 1e6;
    connect();
}

Subject::~Subject() {
    if (socket_ >= 0) ::close(socket_);
    client_.reset();
    ::kill(pid_, SIGTERM);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

void Subject::start(const fs::path& program) {
    std::array<std::string, 8> words{program.string(), "serve",
                                     "--config",       place_.config().string(),
                                     "--home",         place_.home().string(),
                                     "--state",        place_.state().string()};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (place_.home() / "logs/riposte.log").c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    const int code = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) fail_with("run " + program.string(), code);
}

void Subject::wait_until_ready() {
    const std::int64_t begun = now_ns();
    for (;;) {
        auto client = riposte::ServiceClient::connect(place_.state());
        if (client) {
            client_.emplace(std::move(*client));
            counts();
            return;
        }
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_ || now_ns() - begun > kPatienceNs) {
            fail("riposte did not start:\n" + text_of_file(place_.home() / "logs/riposte.log"));
        }
        pause_ms(1);
    }
}

void Subject::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (place_.home() / "queue/alerts/execq").string();
    if (path.size() >= sizeof address.sun_path) fail(path + " is too long for a socket: name a shorter --dir");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        fail_with("connect to " + path, errno);
    }
}

void Subject::send(std::string_view message) const {
    while (::send(socket_, message.data(), message.size(), 0) < 0) {
        if (errno != EINTR) fail_with("send a request", errno);
    }
}

Subject::Counts Subject::counts() {
    const riposte::Answer answer = need(client_->call({{"op", "status"}}));
    const boost::json::value* engine = answer.done.if_contains("engine");
    if (engine == nullptr || !engine->is_object()) fail("riposte's status tells nothing of its engine");
    const boost::json::object& told = engine->get_object();
    Counts counts;
    counts.applied = member(told, "applied");
    counts.failed = member(told, "failed");
    counts.reversed = member(told, "reversed");
    counts.reverse_failed = member(told, "reverse_failed");
    counts.running = member(told, "running");
    counts.queued = member(told, "queued");
    for (const auto& refused : told.at("refused").as_object())
        counts.refused += refused.value().to_number<std::int64_t>();
    return counts;
}

std::int64_t Subject::began_ns(const std::string& address) {
    const fs::path file = place_.executable("bench_timed.times");
    const std::int64_t begun = now_ns();
    const std::string wanted = " add " + address;
    while (now_ns() - begun < kPatienceNs) {
        if (fs::file_size(file) > times_read_) {
            std::ifstream times(file);
            times.seekg(static_cast<std::streamoff>(times_read_));
            for (std::string line; std::getline(times, line);) {
                times_read_ += line.size() + 1;
                if (line.ends_with(wanted)) return std::strtoll(line.c_str(), nullptr, 10);
            }
        }
        pause_ms(0.2);
    }
    fail("a request did not start: see " + (place_.state() / "events.jsonl").string());
}

Subject::Usage Subject::usage() const {
    Usage usage;
    const fs::path tasks = "/proc/" + std::to_string(pid_) + "/task";
    for (const auto& task : fs::directory_iterator(tasks)) {
        usage.wakeups += number_behind(text_of_file(task.path() / "status"), "\nvoluntary_ctxt_switches:");
        usage.cpu_ms += std::strtod(text_of_file(task.path() / "schedstat").c_str(), nullptr) / 1e6;
    }
    return usage;
}

double Subject::resident_mib() const {
    const std::string status = text_of_file("/proc/" + std::to_string(pid_) + "/status");
    return static_cast<double>(number_behind(status, "VmRSS:")) / 1024;
}

}  // namespace bench
