// SPDX-License-Identifier: Apache-2.0
// A part of a test that needs a process of its own, to be killed in it for example: the test program runs itself again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::test {

// Registers a role of this test program; declared as a constant beside the tests that need it. The value that `run`
// returns is the exit code of the process; after an exception it is 1. The test reads the standard output of the role.
class Role {
  public:
    using Run = int (*)(const std::vector<std::string>& arguments);
    Role(std::string_view name, Run run);
};

// For main(): plays the role that the command line asks for. False if it asks for none.
bool play_role(int argc, char** argv, int& exit_code);

// This test program in a role. Ended by force, if need be, with this object.
class RoleProcess {
  public:
    explicit RoleProcess(const std::string& role, const std::vector<std::string>& arguments = {});
    ~RoleProcess();
    RoleProcess(const RoleProcess&) = delete;
    RoleProcess& operator=(const RoleProcess&) = delete;

    std::int64_t id() const;
    // The next line of its standard output, without its end; nothing when there is no more. Blocks.
    std::optional<std::string> line();
    // Waits for its end. Its exit code; kEndedAtOnce if it was ended by force. Once.
    int wait();
    // By force.
    void end();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace riposte::test
