// SPDX-License-Identifier: Apache-2.0
#include "tests/support/role.h"

#include "tests/support/os.h"

#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>

namespace riposte::test {
namespace {

constexpr const char* kRoleFlag = "--play-role";

// Filled before main() by the roles' constants.
std::map<std::string, Role::Run, std::less<>>& roles() {
    static std::map<std::string, Role::Run, std::less<>> all;
    return all;
}

std::string& this_program() {
    static std::string path;
    return path;
}

}  // namespace

Role::Role(std::string_view name, Run run) {
    roles().emplace(name, run);
}

bool play_role(int argc, char** argv, int& exit_code) {
    this_program() = std::filesystem::absolute(argv[0]).string();
    if (argc < 3 || argv[1] != std::string_view(kRoleFlag)) return false;
    exit_code = 1;
    try {
        exit_code = roles().at(argv[2])(std::vector<std::string>(argv + 3, argv + argc));
    } catch (const std::exception& error) {
        std::cerr << "role " << argv[2] << ": " << error.what() << "\n";
    }
    return true;
}

struct RoleProcess::State {
    Poco::Pipe output;
    Poco::ProcessHandle process;
    Poco::PipeInputStream lines{output};
    bool ended = false;
};

RoleProcess::RoleProcess(const std::string& role, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{kRoleFlag, role};
    words.insert(words.end(), arguments.begin(), arguments.end());
    Poco::Pipe output;
    auto process = Poco::Process::launch(this_program(), words, nullptr, &output, nullptr);
    state_.reset(new State{output, process});
}

RoleProcess::~RoleProcess() {
    if (state_->ended) return;
    try {
        end();
        wait();
    } catch (const std::exception& error) {
        std::cerr << "a process of the tests cannot be ended: " << error.what() << "\n";
    }
}

std::int64_t RoleProcess::id() const {
    return state_->process.id();
}

std::optional<std::string> RoleProcess::line() {
    std::string text;
    if (!std::getline(state_->lines, text)) return std::nullopt;
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

int RoleProcess::wait() {
    const int code = state_->process.wait();
    state_->ended = true;
    // Poco's way to tell a signal.
    return code >= 256 ? code - 256 + 128 : code;
}

void RoleProcess::end() {
    static_cast<void>(end_process(id()));
}

}  // namespace riposte::test
