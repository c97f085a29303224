// SPDX-License-Identifier: Apache-2.0
// An executable that answers --check and --status, as the stock ones do (src/request/response_marker.h). The file
// "blocked" in its working directory lists the addresses in force, one a line. If there is a file "not-here" beside it,
// --check reports that the executable is not available here, with the text of that file.
#include "src/request/response_marker.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace {

std::set<std::string> read_blocked() {
    std::set<std::string> blocked;
    std::ifstream in("blocked", std::ios::binary);
    for (std::string line; std::getline(in, line);) blocked.insert(line);
    return blocked;
}

void write_blocked(const std::set<std::string>& blocked) {
    std::ofstream out("blocked", std::ios::binary);
    for (const std::string& address : blocked) out << address << "\n";
}

int status(const std::vector<std::string>& targets) {
    std::ofstream("asked", std::ios::app | std::ios::binary) << targets.size() << "\n";
    const std::set<std::string> blocked = read_blocked();
    int code = 0;
    for (const std::string& target : targets) {
        if (blocked.contains(target)) continue;
        std::cout << target << "\n";
        code = riposte::kNotInForce;
    }
    return code;
}

int check() {
    std::ifstream missing("not-here");
    if (!missing) return 0;
    std::cout << missing.rdbuf();
    return riposte::kNotAvailableHere;
}

std::string between(const std::string& text, const std::string& before, char end) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + before.size();
    return text.substr(begin, text.find(end, begin) - begin);
}

int converse() {
    std::string line;
    std::getline(std::cin, line);
    const std::string address = between(line, "\"srcip\":\"", '"');
    const bool adds = line.find("\"command\":\"add\"") != std::string::npos;
    if (adds) {
        std::cout << R"({"version":1,"origin":{"name":"fake","module":"active-response"},"command":"check_keys",)"
                  << R"("parameters":{"keys":[")" << address << "\"]}}" << std::endl;
        std::string answer;
        std::getline(std::cin, answer);
        if (answer.find("\"continue\"") == std::string::npos) return 0;
    }
    std::set<std::string> blocked = read_blocked();
    if (adds) {
        blocked.insert(address);
    } else {
        blocked.erase(address);
    }
    write_blocked(blocked);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    // Also what keeps the text in the file.
    if (words == std::vector<std::string>{"--marker"}) return std::puts(riposte::kResponseMarker.data());
    if (!words.empty() && words[0] == "--status") return status({words.begin() + 1, words.end()});
    if (!words.empty() && words[0] == "--check") return check();
    return converse();
}
