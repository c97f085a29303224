// SPDX-License-Identifier: Apache-2.0
// The shipped program in a temporary home, seen from outside only: its request socket, its command line, its log and
// what its executables did.
#pragma once

#include "tests/service/process.h"
#include "tests/support/files.h"
#include "tests/support/program.h"
#include "tests/support/requests.h"
#include "tests/support/wait.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::testing {

using test::command;
using test::wazuh4;
using Milliseconds = std::chrono::milliseconds;

std::int64_t wall_ms();

// A service manager kills what has not stopped after 40 s (installer/linux/riposte.service).
inline constexpr Milliseconds kStopLimit{35'000};

// One line that the word "act" of tests/fake_response/script.cpp wrote.
struct Act {
    std::string verb, address;
    std::int64_t wall_ms = 0;
};

// Home, state and configuration of one service, removed at the end together with every process that still works there.
class Place {
  public:
    Place();
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    std::filesystem::path home() const { return root_ / "home"; }
    std::filesystem::path state() const { return root_ / "state"; }
    std::filesystem::path config() const { return root_ / "riposte.conf"; }
    std::filesystem::path file(const std::string& name) const { return root_ / name; }
    std::filesystem::path executable(const std::string& name) const;
    std::filesystem::path execq() const;

    // Replaced in one step, so that a running reader sees all of it or none.
    void write(const std::filesystem::path& path, const std::string& text, unsigned mode = 0644) const;
    // An executable that carries out a role of tests/fake_response/script.cpp; a second time, its new role.
    void add(const std::string& name, const std::string& role) const;
    // The role of a typical Wazuh executable: it asks with its keys, and acts unless it is told to abort. It notes each
    // act in the file "acts".
    std::string asks_and_acts() const { return "read-line keys-from-srcip read-answer " + act(); }
    std::string act() const { return "act " + file("acts").string(); }

    static std::string read(const std::filesystem::path& path);
    std::string log() const { return read(file("service.log")); }
    std::vector<Act> acts() const;
    std::size_t count_acts(std::string_view verb) const;
    // Of the event log, the rotated part included; a line that a crash cut off is left out.
    std::vector<boost::json::object> events() const;
    std::vector<boost::json::object> events(std::string_view kind) const;
    bool said(std::string_view kind, std::int64_t action) const;

  private:
    test::TemporaryDirectory root_;
};

// One of 62,500 for tests, another for each number.
std::string address(int number);

constexpr int kStillRuns = -1000;

struct Ran {
    int code = -1;  // negative: ended by this signal, or kStillRuns
    std::string out, err;
    boost::json::value json() const;
};

class Riposte {
  public:
    explicit Riposte(const Place& place, std::string config, std::vector<std::string> environment = {},
                     std::string program = RIPOSTE_PROGRAM);
    // Killed if it still runs.
    ~Riposte();
    Riposte(const Riposte&) = delete;
    Riposte& operator=(const Riposte&) = delete;

    // Starts it and waits until it answers.
    void start();
    // The same without waiting. `activated`: a socket that is handed in as a service manager would, or -1.
    void launch(int activated = -1);
    bool answers() const;
    void signal(int number) const;  // Linux only
    void ask_to_stop() const;
    // How it ended, as Ran::code has it.
    int wait_for_end(Milliseconds limit = test::kDeadline);
    // The exit code, so kKilled.
    int kill9();
    // Asks it to; the exit code.
    int stop(Milliseconds limit = kStopLimit);
    std::int64_t id() const { return id_; }
    void set_environment(std::vector<std::string> environment) { environment_ = std::move(environment); }

    // A subcommand in this place, with --json unless it is "serve".
    Ran run(std::vector<std::string> words, const std::string& input = "") const;
    // Sends a message over the control socket; the number of its action.
    std::int64_t send(const std::string& message) const;
    // The same; why it was refused, or nothing.
    std::string refusal(const std::string& message) const;
    // The rows that a subcommand prints with --json.
    std::vector<boost::json::object> rows(const std::vector<std::string>& words) const;
    // The service's own rows; of the ledger, through the subcommand, where no service runs.
    std::vector<boost::json::object> pending() const;
    std::vector<boost::json::object> history() const;
    boost::json::object history(std::int64_t action) const;
    boost::json::object status() const;
    std::int64_t engine_number(std::string_view name) const;

  private:
    struct Answer {
        std::vector<boost::json::object> rows;
        boost::json::object done;  // empty: refused
    };
    // Over the control endpoint itself: a process for each question would be most of what a test does. None: no service
    // answers.
    std::optional<Answer> ask(const boost::json::object& request) const;
    boost::json::object submit(const std::string& message) const;
    std::vector<std::string> command_line(std::vector<std::string> words) const;

    const Place& place_;
    std::vector<std::string> environment_;
    std::string program_;
    std::int64_t id_ = -1;
};

std::int64_t number(const boost::json::object& object, std::string_view name);
// When an event was told, in milliseconds since the Unix epoch.
std::int64_t time_ms(const boost::json::object& event);
std::string text(const boost::json::object& object, std::string_view name);
// The member's member.
std::string text(const boost::json::object& object, std::string_view name, std::string_view inner);

}  // namespace riposte::testing
