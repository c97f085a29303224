// SPDX-License-Identifier: Apache-2.0
// The whole service in a temporary home, on a thread of its own, and the command line against it: real sockets, real
// children.
#pragma once

#include "platform/include/paths.h"
#include "src/cli/client.h"
#include "src/cli/command_line.h"
#include "src/cli/service_run.h"
#include "src/cli/subcommands.h"
#include "src/hooks.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace riposte::testing {

namespace fs = std::filesystem;

// A directory that nobody else can write, removed at the end.
class Place {
  public:
    Place() {
        static int number = 0;
        root_ = fs::temp_directory_path() /
                ("riposte-cli-" + std::to_string(system_clock().boot_ms()) + "-" + std::to_string(++number));
        fs::create_directories(bin_directory(home()));
        fs::create_directories(ar_conf_path(home()).parent_path());
        for (const auto& directory : {root_, home(), bin_directory(home())}) {
            fs::permissions(directory, fs::perms(0755));
        }
    }
    ~Place() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    fs::path home() const { return root_ / "home"; }
    fs::path state() const { return root_ / "state"; }
    fs::path config() const { return root_ / "riposte.conf"; }
    fs::path file(const std::string& name) const { return root_ / name; }

    fs::path write(const fs::path& path, const std::string& text, unsigned mode = 0644) const {
        std::ofstream(path, std::ios::binary) << text;
        fs::permissions(path, fs::perms(mode));
        return path;
    }
    void add_script(const std::string& name, const std::string& text) const {
        write(bin_directory(home()) / name, "#!/bin/sh\n" + text, 0755);
    }
    std::string read(const fs::path& path) const {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // A stateful executable that names the address as its key and notes what it did in the file "acts".
    void add_block(const std::string& name = "block") const {
        const std::string acts = "'" + file("acts").string() + "'";
        add_script(name,
                   R"sh(read -r line
ip=$(printf %s "$line" | sed 's/.*"srcip":"\([^"]*\)".*/\1/')
case $line in
*'"command":"add"'*)
  printf '{"version":1,"origin":{"name":"block","module":"active-response"},"command":"check_keys","parameters":{"keys":["%s"]}}\n' "$ip"
  read -r answer
  case $answer in *continue*) echo "add $ip" >> )sh" +
                       acts + R"sh( ;; esac ;;
*) echo "delete $ip" >> )sh" +
                       acts + R"sh( ;;
esac
)sh");
    }
    Arguments arguments() const {
        Arguments arguments;
        arguments.add("config", config().string());
        arguments.add("home", home().string());
        arguments.add("state", state().string());
        return arguments;
    }

  private:
    fs::path root_;
};

// One subcommand, as a person would type it.
struct Typed {
    int code = -1;
    std::string out, err;
    boost::json::value json() const { return boost::json::parse(out); }
};

inline Typed type(const Place& place, std::vector<std::string> words, const std::string& input = "") {
    for (const auto& [option, path] : {std::pair("--config", place.config()), std::pair("--home", place.home()),
                                       std::pair("--state", place.state())}) {
        words.insert(words.end(), {option, path.string()});
    }
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Streams streams{in, out, err, Terminal{}};
    Typed typed;
    typed.code = run_command_line(all_subcommands(), words, streams);
    typed.out = out.str();
    typed.err = err.str();
    return typed;
}

// With stateful "block" and what stands in `more`.
inline std::string block_config(const std::string& more = "") {
    return "<ossec_config><command><name>block</name><executable>block</executable>"
           "<timeout_allowed>yes</timeout_allowed></command>" +
           more + "</ossec_config>\n";
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

// Looks again and again until it holds, for 20 s at most.
inline bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace riposte::testing
