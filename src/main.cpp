// SPDX-License-Identifier: Apache-2.0
#include "platform/include/arguments.h"
#include "src/cli/command_line.h"
#include "src/cli/subcommands.h"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        riposte::Streams streams{std::cin, std::cout, std::cerr, riposte::standard_output_terminal()};
        return riposte::run_command_line(riposte::all_subcommands(), riposte::program_arguments(argc, argv), streams);
    } catch (const std::exception& error) {
        std::cerr << "riposte: " << error.what() << "\n";
    } catch (...) {
        std::cerr << "riposte: an unknown exception ended the program\n";
    }
    return riposte::kFailed;
}
