// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include <fstream>
#include <map>
#include <sys/utsname.h>

namespace riposte {
namespace {

// os-release(5): lines NAME=value, NAME="value" or NAME='value'. Escapes in a value are not decoded: they do not occur
// in the fields that are read.
std::map<std::string, std::string> os_release() {
    constexpr std::size_t kMaxLines = 200;
    std::map<std::string, std::string> found;
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        std::ifstream file(path);
        std::size_t lines = 0;
        for (std::string line; ++lines < kMaxLines && std::getline(file, line);) {
            const std::size_t equals = line.find('=');
            if (equals == std::string::npos || line.front() == '#') continue;
            std::string value = line.substr(equals + 1);
            if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'')) {
                value = value.substr(1, value.size() - 2);
            }
            found.emplace(line.substr(0, equals), value);
        }
        if (!found.empty()) break;
    }
    return found;
}

}  // namespace

HostSystem host_system() {
    HostSystem host;
    host.family = "Linux";
    utsname names{};
    if (::uname(&names) == 0) {
        host.name = names.nodename;
        host.release = names.release;
        host.version = names.version;
        host.machine = names.machine;
    }
    auto fields = os_release();
    host.product = fields["NAME"];
    host.product_id = fields["ID"];
    host.product_version = fields["VERSION_ID"];
    host.codename = fields["VERSION_CODENAME"];
    return host;
}

}  // namespace riposte
