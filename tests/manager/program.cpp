// SPDX-License-Identifier: Apache-2.0
// manager_simulator: the simulator for people and scripts.
#include "tests/manager/program_commands.h"
#include "tests/manager/program_options.h"

#include <boost/json/serialize.hpp>

#include <exception>
#include <iostream>
#include <mutex>
#include <string>

namespace {

using namespace riposte::simulator;

void print_line(const boost::json::object& line) {
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    std::cout << boost::json::serialize(line) << std::endl;
}

int run_program(const std::vector<std::string>& arguments) {
    auto program = parse_program_options(arguments);
    if (!program) {
        std::cerr << "manager_simulator: " << program.error().text() << "\n";
        return 2;
    }
    if (program->help) {
        std::cout << program_help() << commands_help();
        return 0;
    }
    program->options.listener = print_line;
    const auto simulator = ManagerSimulator::start(program->options);
    if (!simulator) {
        std::cerr << "manager_simulator: " << simulator.error().text() << "\n";
        return 1;
    }
    ManagerSimulator& manager = **simulator;
    for (const KeyEntry& entry : program->agents) manager.add_agent(entry);
    print_line({{"happened", "listening"},
                {"kind", name_of(program->options.kind)},
                {"port", manager.port()},
                {"enrol_port", manager.enrolment_port()},
                {"https_port", manager.https_port()}});
    for (std::string line; std::getline(std::cin, line);)
        if (!obey(manager, line, print_line)) break;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_program({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "manager_simulator: " << error.what() << "\n";
        return 1;
    }
}
