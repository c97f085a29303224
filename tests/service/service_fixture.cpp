// SPDX-License-Identifier: Apache-2.0
#include "tests/service/service_fixture.h"

#include "platform/include/endpoint.h"
#include "platform/include/paths.h"
#include "tests/support/program.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace riposte::testing {

namespace fs = std::filesystem;

std::int64_t wall_ms() {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// ---- the place ----

Place::Place() {
    fs::create_directories(bin_directory(home()));
    fs::create_directories(ar_conf_path(home()).parent_path());
    for (const auto& directory : {root_.path(), home(), bin_directory(home())})
        fs::permissions(directory, fs::perms(0755));
}

Place::~Place() {
    kill_processes_in(home());
}

fs::path Place::executable(const std::string& name) const {
    return bin_directory(home()) / test::program(name);
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

std::string address(int number) {
    return "198.18." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1);
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
    what.output = what.errors = place_.file("service.log");
    what.activated = activated;
    id_ = start_process(what);
}

bool Riposte::answers() const {
    return !status().empty();
}

void Riposte::start() {
    launch();
    REQUIRE_MESSAGE(test::wait_until([&] { return answers(); }), place_.log());
}

int Riposte::wait_for_end(Milliseconds limit) {
    std::optional<int> code;
    if (id_ < 0 || !test::wait_until([&] { return (code = ended(id_)).has_value(); }, limit)) return kStillRuns;
    id_ = -1;
    return *code;
}

void Riposte::ask_to_stop() const {
    if (id_ > 0) testing::ask_to_stop(id_);
}

int Riposte::stop(Milliseconds limit) {
    ask_to_stop();
    return wait_for_end(limit);
}

int Riposte::kill9() {
    if (id_ > 0) kill_process(id_);
    return wait_for_end();
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
    what.input = files[0];
    what.output = files[1];
    what.errors = files[2];
    const std::int64_t id = start_process(what);
    std::optional<int> code;
    if (!test::wait_until([&] { return (code = ended(id)).has_value(); }, std::chrono::minutes(3))) kill_process(id);
    Ran ran{code.value_or(kStillRuns), Place::read(files[1]), Place::read(files[2])};
    for (const fs::path& file : files) fs::remove(file);
    return ran;
}

std::optional<Riposte::Answer> Riposte::ask(const boost::json::object& request) const {
    Result<ControlClient> client = ControlClient::connect(control_endpoint(place_.state()));
    if (!client || !client->send(boost::json::serialize(request))) return std::nullopt;
    Answer answer;
    for (;;) {
        const Result<std::optional<std::string>> line = client->receive();
        if (!line || !*line) return std::nullopt;
        boost::system::error_code error;
        const boost::json::value value = boost::json::parse(**line, error);
        if (error || !value.is_object()) return std::nullopt;
        for (const auto& [kind, content] : value.get_object()) {
            if (kind == "row") answer.rows.push_back(content.as_object());
            if (kind == "done") answer.done = content.as_object();
            if (kind == "done" || kind == "error") return answer;
        }
    }
}

boost::json::object Riposte::submit(const std::string& message) const {
    const auto answer = ask({{"op", "submit"}, {"message", message}});
    if (!answer || answer->done.empty()) throw std::runtime_error("the service does not take: " + message);
    return answer->done.at("actions").as_array().at(0).as_object();
}

std::int64_t Riposte::send(const std::string& message) const {
    return number(submit(message), "action");
}

std::string Riposte::refusal(const std::string& message) const {
    return text(submit(message), "reason");
}

std::vector<boost::json::object> Riposte::rows(const std::vector<std::string>& words) const {
    std::vector<boost::json::object> rows;
    const boost::json::value value = run(words).json();
    for (const boost::json::value& row : value.as_array()) rows.push_back(row.as_object());
    return rows;
}

std::vector<boost::json::object> Riposte::pending() const {
    auto answer = ask({{"op", "pending"}});
    return answer ? std::move(answer->rows) : rows({"pending"});
}

std::vector<boost::json::object> Riposte::history() const {
    auto answer = ask({{"op", "history"}, {"limit", 0}});
    return answer ? std::move(answer->rows) : rows({"history", "--limit", "0"});
}

boost::json::object Riposte::history(std::int64_t action) const {
    for (const auto& row : history()) {
        if (number(row, "id") == action) return row;
    }
    return {};
}

boost::json::object Riposte::status() const {
    const auto answer = ask({{"op", "status"}});
    return answer ? answer->done : boost::json::object();
}

std::int64_t Riposte::engine_number(std::string_view name) const {
    const boost::json::object all = status();
    return all.empty() ? -1 : number(all.at("engine").as_object(), name);
}

// ---- members ----

std::int64_t number(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : 0;
}

std::int64_t time_ms(const boost::json::object& event) {
    int zone = 0;
    const Poco::DateTime time =
        Poco::DateTimeParser::parse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, text(event, "time"), zone);
    return time.timestamp().epochMicroseconds() / 1000;
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
