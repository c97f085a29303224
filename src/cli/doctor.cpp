// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/config/agent_runner.h"
#include "src/hooks.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ostream>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;
using Object = boost::json::object;

// Earlier than any Riposte: the clock was never set.
constexpr WallTime kEarliest = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
constexpr std::chrono::minutes kClockSlack{2};

enum class Verdict { Fine, Warning, Problem };

struct Check {
    std::string subject;
    Verdict verdict = Verdict::Fine;
    std::string text, remedy;
};

class Doctor {
  public:
    explicit Doctor(const Arguments& arguments) : setup_(load_setup(arguments)) {}

    std::vector<Check> examine() {
        configuration();
        home();
        executables();
        state();
        clock();
        agent();
        service();
        return std::move(checks_);
    }

  private:
    void fine(std::string subject, std::string text) {
        checks_.push_back({std::move(subject), Verdict::Fine, std::move(text), {}});
    }
    void warn(std::string subject, std::string text, std::string remedy) {
        checks_.push_back({std::move(subject), Verdict::Warning, std::move(text), std::move(remedy)});
    }
    void problem(std::string subject, std::string text, std::string remedy) {
        checks_.push_back({std::move(subject), Verdict::Problem, std::move(text), std::move(remedy)});
    }

    void configuration() {
        const auto errors = std::count_if(setup_.found.begin(), setup_.found.end(), [](const Diagnostic& finding) {
            return finding.severity == Diagnostic::Severity::Error;
        });
        const std::string file = setup_.config_file.string();
        if (errors != 0) {
            problem("configuration", file + " has " + std::to_string(errors) + (errors == 1 ? " error" : " errors"),
                    "riposte check lists them; the service does not start with them");
        } else if (!setup_.config_exists) {
            fine("configuration", file + " is missing, so the defaults are in force");
        } else if (const auto trusted = check_trusted_file(setup_.config_file); !trusted) {
            problem("configuration", trusted.error().text(), "nobody but an administrator may be able to change it");
        } else {
            fine("configuration", file + " is sound");
        }
    }

    void home() {
        const fs::path bin = bin_directory(setup_.home);
        std::error_code error;
        if (!fs::is_directory(bin, error)) {
            problem("home", bin.string() + " is missing",
                    "make it, for administrators alone, and put executables into it; or name another home");
            return;
        }
        // Any name will do: what is asked is whether the directory itself is trusted.
        const auto opened = open_trusted_executable(bin, "-");
        if (!opened && opened.error().code != std::errc::no_such_file_or_directory) {
            problem("home", opened.error().text(), "until then no executable is run");
            return;
        }
        fine("home", setup_.home.string());
        if (!fs::is_directory(response_log_path(setup_.home).parent_path(), error)) {
            warn("home", response_log_path(setup_.home).parent_path().string() + " is missing",
                 "make it: the response log is written there");
        }
    }

    void executables() {
        const fs::path bin = bin_directory(setup_.home);
        std::set<std::string> seen;
        std::size_t sound = 0;
        for (const Command& command : setup_.config.commands) {
            if (!seen.insert(command.executable).second) continue;
            const auto opened = open_trusted_executable(bin, command.executable);
            if (opened) {
                ++sound;
            } else if (opened.error().code == std::errc::no_such_file_or_directory) {
                warn("executables", command.executable + " is missing in " + bin.string(),
                     "put it there, or remove the command " + command.name);
            } else {
                problem("executables", opened.error().text(), "until then the command " + command.name + " is refused");
            }
        }
        fine("executables", std::to_string(sound) + " of the configured ones are present and trusted");
    }

    void state() {
        const fs::path ledger = setup_.state / "ledger.db";
        std::error_code error;
        if (!fs::exists(ledger, error)) {
            if (error) {
                problem("state", setup_.state.string() + " cannot be looked at: " + error.message(),
                        "become an administrator");
            } else {
                warn("state", "there is no ledger in " + setup_.state.string(), "the service makes it when it starts");
            }
            return;
        }
        // The directory keeps others out of all that is in it.
        if (const auto trusted = make_private_directory(setup_.state); !trusted) {
            problem("state", trusted.error().text(), "what others can change cannot be trusted to undo anything");
        }
        const auto space = fs::space(setup_.state, error);
        constexpr std::uintmax_t kLeast = 64 << 20;
        if (!error && space.available < kLeast) {
            problem("state", "only " + std::to_string(space.available >> 20U) + " MiB are free at " + ledger.string(),
                    "make room: what cannot be recorded is refused");
        } else {
            fine("state", setup_.state.string());
        }
    }

    void clock() {
        const WallTime now = hooks::clock().wall_time();
        std::error_code error;
        const auto written = fs::last_write_time(setup_.state / "ledger.db", error);
        if (now < kEarliest) {
            problem("clock", "this host's clock was never set", "set it: managers compare times");
        } else if (!error && written > fs::file_time_type::clock::now() + kClockSlack) {
            problem("clock", "the ledger was written later than this host's clock says it is",
                    "the clock was set back; set it right, and have it synchronised");
        } else {
            fine("clock", "plausible");
        }
    }

    void agent() {
        AgentRunner runner = examine_agent_runner(setup_.home);
        if (runner.state == AgentRunner::State::Absent) return;
        if (runner.state == AgentRunner::State::StandsAside) {
            fine("agent", std::move(runner.text));
        } else {
            problem("agent", std::move(runner.text), std::move(runner.remedy));
        }
    }

    // ---- what the service itself says ----

    void service() {
        Result<ServiceClient> client = ServiceClient::connect(setup_.state);
        if (!client) {
            problem("service", client.error().what, "start it; its log says why it ended");
            return;
        }
        const Result<Answer> status = client->call({{"op", "status"}});
        if (!status || !status->ok()) {
            problem("service", status ? status->text : status.error().text(), "restart it");
            return;
        }
        running(status->done);
        ledger(status->done);
        manager(status->done);
        needs(*client);
    }

    void running(const Object& status) {
        fine("service", "answers: version " + text_of(status, "version") + ", process " +
                            std::to_string(number_of(status, "pid")));
        if (text_of(status, "version") != RIPOSTE_VERSION) {
            warn("service", std::string("it is not the version of this program, " RIPOSTE_VERSION), "restart it");
        }
        if (text_of(status, "home") != setup_.home.string()) {
            problem("service", "its home is " + text_of(status, "home") + ", not " + setup_.home.string(),
                    "restart it, or name the same home");
        }
        for (const fs::path& path : execq_paths(setup_.home)) {
            std::error_code error;
            if (fs::exists(path, error)) {
                fine("sockets", path.string());
            } else {
                problem("sockets", path.string() + " is missing", "restart the service: no request comes through it");
            }
        }
    }

    static Object part_of(const Object& from, std::string_view name) {
        const auto* value = from.if_contains(name);
        return value != nullptr && value->is_object() ? value->get_object() : Object();
    }

    void ledger(const Object& status) {
        const Object health = part_of(status, "ledger");
        if (flag_of(health, "writable")) {
            fine("ledger", "sound, " + std::to_string(number_of(health, "bytes") / 1024) + " KiB");
        } else {
            problem("ledger", "cannot be written: " + text_of(health, "problem"),
                    "mend the disk; stateful requests are refused until then");
        }
        const std::int64_t retrying = number_of(part_of(status, "engine"), "retrying");
        if (retrying != 0) {
            problem("reversals", std::to_string(retrying) + " cannot be undone and are tried again",
                    "riposte pending has the reasons; riposte abandon gives one up");
        }
    }

    void manager(const Object& status) {
        if (!setup_.config.settings.manager) return;
        const Object link = part_of(status, "link");
        const std::string name = text_of(link, "manager");
        if (text_of(link, "state") == "connected") {
            fine("manager", "connected to " + name + " as " + text_of(link, "agent"));
        } else if (link.empty()) {
            problem("manager", "the service has no link to the configured manager", "riposte reload");
        } else {
            problem("manager", name + ": " + text_of(link, "state") + "; " + text_of(link, "problem"),
                    "is its address right, is it reachable from here, does it know this agent (riposte enroll)?");
        }
    }

    // The executables that can tell are asked whether this host has what they need.
    void needs(ServiceClient& client) {
        const Result<Answer> answer = client.call({{"op", "commands"}});
        if (!answer || !answer->ok()) {
            problem("executables", answer ? answer->text : answer.error().text(), "restart the service");
            return;
        }
        const auto* list = answer->done.if_contains("commands");
        if (list == nullptr || !list->is_array()) return;
        std::set<std::string> told;
        for (const auto& value : list->get_array()) {
            const Object* command = value.if_object();
            if (command == nullptr || !command->contains("ready") || flag_of(*command, "ready")) continue;
            if (!told.insert(text_of(*command, "path")).second) continue;
            warn("executables", text_of(*command, "name") + " cannot work here: " + text_of(*command, "problem"),
                 "give the host what it needs, or ask for another response");
        }
    }

    Setup setup_;
    std::vector<Check> checks_;
};

constexpr std::array kVerdicts{std::pair("fine", Colour::Good), std::pair("warning", Colour::Notice),
                               std::pair("PROBLEM", Colour::Bad)};

std::size_t how_many(const std::vector<Check>& checks, Verdict verdict) {
    return static_cast<std::size_t>(
        std::count_if(checks.begin(), checks.end(), [&](const Check& check) { return check.verdict == verdict; }));
}

void show(const Invocation& invocation, const std::vector<Check>& checks) {
    for (const Check& check : checks) {
        auto [word, colour] = kVerdicts[static_cast<std::size_t>(check.verdict)];
        std::string left = word;
        left.resize(9, ' ');
        std::string subject = check.subject;
        subject.resize(15, ' ');
        invocation.out() << coloured(left, colour, invocation.streams.terminal) << subject << cell_text(check.text)
                         << "\n";
        if (!check.remedy.empty()) invocation.out() << std::string(24, ' ') << "-> " << cell_text(check.remedy) << "\n";
    }
    const std::size_t problems = how_many(checks, Verdict::Problem);
    const std::size_t warnings = how_many(checks, Verdict::Warning);
    invocation.out() << problems << (problems == 1 ? " problem, " : " problems, ") << warnings
                     << (warnings == 1 ? " warning\n" : " warnings\n");
}

void show_json(const Invocation& invocation, const std::vector<Check>& checks) {
    static constexpr std::array kNames{"fine", "warning", "problem"};
    boost::json::array list;
    for (const Check& check : checks) {
        list.push_back(Object{{"check", check.subject},
                              {"result", kNames[static_cast<std::size_t>(check.verdict)]},
                              {"text", check.text},
                              {"remedy", check.remedy}});
    }
    invocation.out() << boost::json::serialize(Object{{"problems", how_many(checks, Verdict::Problem)},
                                                      {"warnings", how_many(checks, Verdict::Warning)},
                                                      {"checks", std::move(list)}})
                     << "\n";
}

int do_doctor(Invocation& invocation) {
    const std::vector<Check> checks = Doctor(invocation.arguments).examine();
    if (invocation.json()) {
        show_json(invocation, checks);
    } else {
        show(invocation, checks);
    }
    return how_many(checks, Verdict::Problem) == 0 ? kDone : kFailed;
}

}  // namespace

Subcommand doctor_subcommand() {
    Subcommand subcommand;
    subcommand.name = "doctor";
    subcommand.summary = "examine this installation: what is wrong, and what to do about it";
    subcommand.description =
        "Looks at the configuration, at owner and mode of the home, the executables and the state directory, at the\n"
        "clock, at an agent whose own runner would fight over the request socket, and, where the service answers, at "
        "its\n"
        "sockets, its ledger, its link to the manager, reversals that fail, and what executables lack here. Each "
        "finding\n"
        "has a remedy. It changes nothing. The exit code is 1 if there is a problem; warnings do not count.";
    subcommand.examples =
        "  riposte doctor\n"
        "  riposte doctor --json | jq '.checks[] | select(.result != \"fine\")'\n";
    subcommand.run = do_doctor;
    return subcommand;
}

}  // namespace riposte
