// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include <algorithm>
#include <system_error>

namespace riposte {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAgentHome = "/var/ossec";
constexpr const char* kOwnHome = "/var/lib/riposte";

bool directory_exists(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

// "/x/y/" and "/x/./y" name the same directory as "/x/y".
fs::path plain(const fs::path& path) {
    fs::path normal = path.lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

fs::path default_home() {
    return directory_exists(bin_directory(kAgentHome)) ? kAgentHome : kOwnHome;
}

Result<fs::path> own_program() {
    std::error_code code;
    fs::path program = fs::read_symlink("/proc/self/exe", code);
    if (code) return Error{code, "find this program's file"};
    return program;
}

fs::path default_config() {
    return "/etc/riposte/riposte.conf";
}

fs::path default_state() {
    return "/var/lib/riposte";
}

fs::path bin_directory(const fs::path& home) {
    return home / "active-response/bin";
}

fs::path ar_conf_path(const fs::path& home) {
    return home / "etc/shared/ar.conf";
}

fs::path agent_config_path(const fs::path& home) {
    return home / "etc/ossec.conf";
}

fs::path response_log_path(const fs::path& home) {
    return home / "logs/active-responses.log";
}

std::vector<fs::path> execq_paths(const fs::path& home) {
    std::vector<fs::path> paths{home / "queue/alerts/execq"};
    if (directory_exists(home / "queue/sockets")) paths.push_back(home / "queue/sockets/execq");
    return paths;
}

std::string control_endpoint(const fs::path& state) {
    if (plain(state) == default_state()) return "/run/riposte/control.sock";
    return (plain(state) / "control.sock").string();
}

std::string program_name(const std::string& executable) {
    return "active-response/bin/" + executable;
}

std::string file_name_of_network(std::string network) {
    std::ranges::replace(network, '/', '_');
    return network;
}

}  // namespace riposte
