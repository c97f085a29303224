// SPDX-License-Identifier: Apache-2.0
// The tested program as a process, and the way in for its requests: written once for each system.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::testing {

// How a process that was ended by force has ended.
inline constexpr int kKilled = -9;
// A process that was just started serves before this is over, on a machine that is not loaded.
extern const std::chrono::milliseconds kStartTakes;

struct Start {
    std::vector<std::string> arguments;    // the program's path first
    std::vector<std::string> environment;  // "NAME=value", beside what this process has without RIPOSTE_ and LISTEN_
    std::filesystem::path input, output, errors;  // input empty: none; the others are appended to
    int activated = -1;  // a descriptor that is handed in as a service manager would. Linux only.
};
// It ends with the test program, whatever ends that.
std::int64_t start_process(const Start& what);
// Nothing while it runs; else its exit code, kKilled, or minus the signal's number. Once.
std::optional<int> ended(std::int64_t id);
void kill_process(std::int64_t id);
// False where the next function cannot work: Wine 8 has no Ctrl-Break.
bool takes_requests_to_stop();
// As a person does who ends a service in the foreground: SIGTERM, on Windows Ctrl-Break.
void ask_to_stop(std::int64_t id);
// Ends what works in that directory: the executables that a killed service left behind.
void kill_processes_in(const std::filesystem::path& directory);

// Whoever sends requests, through one connection as long as it holds. Linux: the agent, through the request socket.
// Windows, which has none: the control pipe.
class Sender {
  public:
    explicit Sender(const std::filesystem::path& home, const std::filesystem::path& state);
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    // Blocks while nobody takes it. False if nobody is there.
    bool send(std::string_view message);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace riposte::testing
