// SPDX-License-Identifier: Apache-2.0
#include "src/cli/command_line.h"
#include "src/cli/subcommands.h"

#include <exception>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        riposte::Streams streams{std::cin, std::cout, std::cerr, riposte::standard_output_terminal()};
        return riposte::run_command_line(riposte::all_subcommands(), words, streams);
    } catch (const std::exception& error) {
        std::cerr << "riposte: " << error.what() << "\n";
    } catch (...) {
        std::cerr << "riposte: an unknown exception ended the program\n";
    }
    return riposte::kFailed;
}
