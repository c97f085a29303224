// SPDX-License-Identifier: Apache-2.0
// The whole service in a temporary home, on a thread of its own, and the command line against it: real sockets, real
// children.
#pragma once

#include "platform/include/paths.h"
#include "src/cli/client.h"
#include "src/cli/service_run.h"
#include "src/hooks.h"
#include "tests/cli/typed.h"
#include "tests/support/program.h"
#include "tests/support/wait.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace riposte::testing {

namespace fs = std::filesystem;

// A directory that nobody else can write, removed at the end.
class Place {
  public:
    explicit Place(std::string home_name = "home") : home_(std::move(home_name)) {
        fs::create_directories(bin_directory(home()).parent_path());
        test::create_private_directory(bin_directory(home()));
        fs::create_directories(ar_conf_path(home()).parent_path());
    }

    fs::path home() const { return root_ / home_; }
    fs::path state() const { return root_ / "state"; }
    fs::path config() const { return root_ / "riposte.conf"; }
    fs::path file(const std::string& name) const { return root_ / name; }

    fs::path write(const fs::path& path, const std::string& text) const {
        test::write_file(path, text);
        return path;
    }
    std::string read(const fs::path& path) const { return test::read_file(path); }
    // Carries out a role of tests/fake_response/script.cpp.
    void add_program(const std::string& name, const std::string& role) const {
        test::add_program(bin_directory(home()), name, role);
    }
    // A stateful executable that names the address as its key and notes what it does.
    void add_block(const std::string& name = "block") const {
        add_program(name, "read-line keys-from-srcip read-answer act " + file("acts").string());
    }
    // The acts that the executables of add_block() noted, each as "VERB ADDRESS".
    std::vector<std::string> acts() const {
        std::vector<std::string> found;
        std::istringstream lines(read(file("acts")));
        for (std::string line; std::getline(lines, line);)
            found.push_back(line.substr(0, line.find(' ', line.find(' ') + 1)));
        return found;
    }
    Arguments arguments() const {
        Arguments arguments;
        arguments.add("config", config().string());
        arguments.add("home", home().string());
        arguments.add("state", state().string());
        return arguments;
    }

  private:
    test::TemporaryDirectory root_;
    std::string home_;
};

// One subcommand for the service of that place, as a person would type it.
inline Typed type(const Place& place, std::vector<std::string> words, const std::string& input = "") {
    for (const auto& [option, path] : {std::pair("--config", place.config()), std::pair("--home", place.home()),
                                       std::pair("--state", place.state())}) {
        words.insert(words.end(), {option, path.string()});
    }
    return type(words, input);
}

// With stateful "block" and what stands in `more`.
inline std::string block_config(const std::string& more = "") {
    return "<ossec_config><command><name>block</name><executable>" + test::program("block") +
           "</executable><timeout_allowed>yes</timeout_allowed></command>" + more + "</ossec_config>\n";
}

class RunningService {
  public:
    explicit RunningService(const Place& place) : place_(place) {
        Setup setup = load_setup(place.arguments());
        for (const Diagnostic& finding : setup.found) INFO(finding.text());
        REQUIRE_FALSE(has_errors(setup.found));
        service_ = std::make_unique<Service>(std::move(setup), true, hooks::clock());
        const Result<void> started = service_->start();
        REQUIRE_MESSAGE(started.has_value(), started.error().text());
        thread_ = std::thread([this] { service_->run(); });
    }
    ~RunningService() {
        service_->ask_to_stop();
        thread_.join();
    }
    RunningService(const RunningService&) = delete;
    RunningService& operator=(const RunningService&) = delete;

    ServiceClient connect() const {
        Result<ServiceClient> client = ServiceClient::connect(place_.state());
        REQUIRE_MESSAGE(client.has_value(), client.error().text());
        return std::move(*client);
    }

  private:
    const Place& place_;
    std::unique_ptr<Service> service_;
    std::thread thread_;
};

}  // namespace riposte::testing
