// SPDX-License-Identifier: Apache-2.0
// Executables for tests, the same on each system: the scripted child of tests/fake_response under other names. And the
// commands that run them.
#pragma once

#include "tests/support/files.h"

#include <filesystem>
#include <string>

namespace riposte::test {

// The file name of a program: with the suffix that this system's programs have.
inline std::string program(const std::string& name) {
    return name + std::filesystem::path(FAKE_RESPONSE).extension().string();
}

inline void copy_program(const std::filesystem::path& bin, const std::string& name,
                         const std::filesystem::path& source) {
    const auto target = bin / utf8_path(program(name));
    std::filesystem::copy_file(source, target, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(target, std::filesystem::perms(0755));
}

// A configuration with this one command; `executable` without the suffix of a program, `more` are further tags.
inline std::string command(const std::string& name, const std::string& executable, bool timeout_allowed = true,
                           const std::string& more = "") {
    return "<ossec_config><command><name>" + name + "</name><executable>" + program(executable) +
           "</executable><timeout_allowed>" + (timeout_allowed ? "yes" : "no") + "</timeout_allowed>" + more +
           "</command></ossec_config>\n";
}

// Carries out a role of tests/fake_response/script.cpp. Again with another one, it is carried out from then on.
inline void add_program(const std::filesystem::path& bin, const std::string& name, const std::string& role) {
    if (!std::filesystem::exists(bin / utf8_path(program(name)))) copy_program(bin, name, FAKE_RESPONSE);
    write_file(bin / utf8_path(program(name) + ".role"), role + "\n");
}

}  // namespace riposte::test
