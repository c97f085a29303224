// SPDX-License-Identifier: Apache-2.0
#include "tests/service/service_fixture.h"

#include "platform/include/paths.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace riposte::testing {

namespace fs = std::filesystem;

namespace {

constexpr int kFirstActivated = 3;

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> all = more;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("RIPOSTE_") && !text.starts_with("LISTEN_")) all.emplace_back(text);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& one : texts) result.push_back(one.data());
    result.push_back(nullptr);
    return result;
}

int open_file(const fs::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("open " + path.string() + ": " + std::strerror(errno));
    return descriptor;
}

struct Start {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    int input = -1, output = -1, errors = -1;
    int activated = -1;
};

// Takes the three descriptors over. The process ends with the test program, whatever ends that.
pid_t start(Start what) {
    std::array<char, 32> listen_pid{};
    what.environment = environment_with(what.environment);
    std::vector<char*> arguments = pointers(what.arguments);
    std::vector<char*> environment = pointers(what.environment);
    if (what.activated >= 0) environment.insert(environment.begin(), listen_pid.data());
    // A signal that came before the program runs would be handled by the test program's handlers, in its copy.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    const int code = errno;
    if (pid != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(code));
    if (pid == 0) {
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(what.input, 0);
        ::dup2(what.output, 1);
        ::dup2(what.errors, 2);
        if (what.activated >= 0) {
            std::snprintf(listen_pid.data(), listen_pid.size(), "LISTEN_PID=%ld", static_cast<long>(::getpid()));
            if (what.activated == kFirstActivated) {
                ::fcntl(kFirstActivated, F_SETFD, 0);
            } else {
                ::dup2(what.activated, kFirstActivated);
            }
        }
        ::execve(arguments[0], arguments.data(), environment.data());
        ::_exit(127);
    }
    for (const int descriptor : {what.input, what.output, what.errors}) ::close(descriptor);
    return pid;
}

// Nothing while it runs.
std::optional<int> ended(pid_t pid) {
    int status = 0;
    const pid_t found = ::waitpid(pid, &status, WNOHANG);
    if (found == 0) return std::nullopt;
    if (found < 0) return kStillRuns;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

bool works_in(pid_t pid, const fs::path& home) {
    std::error_code gone;
    const fs::path directory = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", gone);
    return !gone && directory == home;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, Milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(Milliseconds(5));
    }
    return true;
}

std::int64_t wall_ms() {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool is_root() {
    return ::geteuid() == 0;
}

// ---- the place ----

Place::Place() {
    std::string pattern = (fs::temp_directory_path() / "riposte-service-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    root_ = fs::canonical(pattern);
    fs::create_directories(bin_directory(home()));
    fs::create_directories(ar_conf_path(home()).parent_path());
    for (const auto& directory : {root_, home(), bin_directory(home())}) fs::permissions(directory, fs::perms(0755));
}

Place::~Place() {
    end_processes();
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

// Executables have the home as their working directory, so these are the ones that a killed service left behind.
void Place::end_processes() const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc() || pid == ::getpid() || !works_in(pid, home())) continue;
        ::kill(pid, SIGKILL);
    }
}

fs::path Place::executable(const std::string& name) const {
    return bin_directory(home()) / name;
}

fs::path Place::execq() const {
    return execq_paths(home()).front();
}

void Place::write(const fs::path& path, const std::string& text, unsigned mode) const {
    fs::path fresh = path;
    fresh += ".fresh";
    std::ofstream(fresh, std::ios::binary) << text;
    fs::permissions(fresh, fs::perms(mode));
    fs::rename(fresh, path);
}

void Place::add(const std::string& name, const std::string& role) const {
    if (!fs::exists(executable(name))) {
        fs::copy_file(FAKE_RESPONSE, executable(name));
        fs::permissions(executable(name), fs::perms(0755));
    }
    write(executable(name).string() + ".role", role + "\n");
}

void Place::add_script(const std::string& name, const std::string& text) const {
    write(executable(name), text, 0755);
}

std::string Place::read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Act> Place::acts() const {
    std::vector<Act> acts;
    std::istringstream lines(read(file("acts")));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Act act;
        // One that was started and never told its line acts on nothing: "- -".
        if (words >> act.verb >> act.address >> act.wall_ms && act.verb != "-") acts.push_back(act);
    }
    return acts;
}

std::size_t Place::count_acts(std::string_view verb) const {
    const auto all = acts();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Act& act) { return act.verb == verb; }));
}

std::vector<boost::json::object> Place::events() const {
    std::vector<boost::json::object> found;
    const fs::path current = state() / "events.jsonl";
    std::istringstream lines(read(current.string() + ".1") + read(current));
    for (std::string line; std::getline(lines, line);) {
        boost::system::error_code error;
        boost::json::value value = boost::json::parse(line, error);
        if (!error && value.is_object()) found.push_back(value.as_object());
    }
    return found;
}

std::vector<boost::json::object> Place::events(std::string_view kind) const {
    auto all = events();
    std::erase_if(all, [&](const auto& event) { return text(event, "event") != kind; });
    return all;
}

bool Place::said(std::string_view kind, std::int64_t action) const {
    const auto found = events(kind);
    return std::any_of(found.begin(), found.end(),
                       [&](const auto& event) { return number(event, "action") == action; });
}

// ---- what is said to it ----

std::string command(const std::string& name, const std::string& executable, bool timeout_allowed) {
    return "<ossec_config><command><name>" + name + "</name><executable>" + executable +
           "</executable><timeout_allowed>" + (timeout_allowed ? "yes" : "no") +
           "</timeout_allowed></command></ossec_config>\n";
}

std::string wazuh4(const std::string& name, const std::string& srcip) {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":")" + name +
           R"(","parameters":{"extra_args":[],"alert":{"id":"1700000000.1","rule":{"level":5,"id":"5712"},)" +
           R"("data":{"srcip":")" + srcip + R"("}}}})";
}

Sender::~Sender() {
    if (socket_ >= 0) ::close(socket_);
}

bool Sender::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = execq_.string();
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    ::close(std::exchange(socket_, -1));
    return false;
}

bool Sender::send(std::string_view message) {
    if (socket_ < 0 && !connect()) return false;
    ssize_t sent = 0;
    while ((sent = ::send(socket_, message.data(), message.size(), MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    if (sent == static_cast<ssize_t>(message.size())) return true;
    ::close(std::exchange(socket_, -1));
    return false;
}

// ---- the program ----

boost::json::value Ran::json() const {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(out, error);
    if (error) throw std::runtime_error("no JSON: " + out + err);
    return value;
}

Riposte::Riposte(const Place& place, std::string config, std::vector<std::string> environment, std::string program)
    : place_(place), environment_(std::move(environment)), program_(std::move(program)) {
    place.write(place.config(), config);
}

Riposte::~Riposte() {
    kill9();
}

std::vector<std::string> Riposte::command_line(std::vector<std::string> words) const {
    words.insert(words.begin(), program_);
    words.insert(words.end(), {"--config", place_.config().string(), "--home", place_.home().string(), "--state",
                               place_.state().string()});
    return words;
}

void Riposte::launch(int activated) {
    Start what;
    what.arguments = command_line({"serve"});
    what.environment = environment_;
    what.input = open_file("/dev/null", O_RDONLY);
    what.output = open_file(place_.file("service.log"), O_WRONLY | O_CREAT | O_APPEND);
    what.errors = open_file(place_.file("service.log"), O_WRONLY | O_CREAT | O_APPEND);
    what.activated = activated;
    if (activated >= 0) what.environment.emplace_back("LISTEN_FDS=1");
    pid_ = testing::start(std::move(what));
}

bool Riposte::answers() const {
    return run({"status"}).code == 0;
}

void Riposte::start() {
    launch();
    REQUIRE_MESSAGE(eventually([&] { return answers(); }), place_.log());
}

void Riposte::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

int Riposte::wait_for_end(Milliseconds limit) {
    std::optional<int> code;
    if (pid_ < 0 || !eventually([&] { return (code = ended(pid_)).has_value(); }, limit)) return kStillRuns;
    pid_ = -1;
    return *code;
}

void Riposte::kill9() {
    signal(SIGKILL);
    wait_for_end();
}

int Riposte::stop(Milliseconds limit) {
    signal(SIGTERM);
    return wait_for_end(limit);
}

Ran Riposte::run(std::vector<std::string> words, const std::string& input) const {
    static int runs = 0;
    const std::string base = "cli-" + std::to_string(++runs);
    const std::array files{place_.file(base + ".in"), place_.file(base + ".out"), place_.file(base + ".err")};
    std::ofstream(files[0], std::ios::binary) << input;
    if (words.front() != "serve") words.emplace_back("--json");
    Start what;
    what.arguments = command_line(std::move(words));
    what.environment = environment_;
    // The kill is for the service only.
    std::erase_if(what.environment, [](const std::string& entry) { return entry.starts_with("RIPOSTE_KILL_AT="); });
    what.input = open_file(files[0], O_RDONLY);
    what.output = open_file(files[1], O_WRONLY | O_CREAT | O_TRUNC);
    what.errors = open_file(files[2], O_WRONLY | O_CREAT | O_TRUNC);
    const pid_t pid = testing::start(std::move(what));
    std::optional<int> code;
    if (!eventually([&] { return (code = ended(pid)).has_value(); }, std::chrono::seconds(60))) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    Ran ran{code.value_or(kStillRuns), Place::read(files[1]), Place::read(files[2])};
    for (const fs::path& file : files) fs::remove(file);
    return ran;
}

std::int64_t Riposte::send(const std::string& message) const {
    const Ran ran = run({"send"}, message);
    const boost::json::value value = ran.json();
    const boost::json::value& actions = value.is_object() ? value.as_object().at("actions") : value;
    return number(actions.as_array().at(0).as_object(), "action");
}

std::vector<boost::json::object> Riposte::rows(const std::vector<std::string>& words) const {
    std::vector<boost::json::object> rows;
    const boost::json::value value = run(words).json();
    for (const boost::json::value& row : value.as_array()) rows.push_back(row.as_object());
    return rows;
}

boost::json::object Riposte::history(std::int64_t action) const {
    for (const auto& row : rows({"history", "--limit", "0"})) {
        if (number(row, "id") == action) return row;
    }
    return {};
}

boost::json::object Riposte::status() const {
    return run({"status"}).json().as_object();
}

std::int64_t Riposte::engine_number(std::string_view name) const {
    const Ran ran = run({"status"});
    if (ran.code != 0) return -1;
    return number(ran.json().as_object().at("engine").as_object(), name);
}

// ---- members ----

std::int64_t number(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : 0;
}

std::string text(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : std::string();
}

std::string text(const boost::json::object& object, std::string_view name, std::string_view inner) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_object() ? text(value->get_object(), inner) : std::string();
}

}  // namespace riposte::testing
