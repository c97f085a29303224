// SPDX-License-Identifier: Apache-2.0
// host-deny: closes the programs that ask TCP wrappers to an address or network.
#include "platform/include/hosts_deny.h"
#include "src/responses/blocking.h"

using namespace riposte;

namespace {

constexpr std::string_view kFile = "--file";

Answer<Blockers> deny_file(const Settings& settings) {
    Blockers blockers;
    blockers.push_back(hosts_deny(path_setting(settings, kFile, {})));
    return blockers;
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "host-deny";
    response.summary = "closes the programs that ask TCP wrappers to an address or network.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs root and TCP wrappers. Adds the line ALL:ADDRESS to /etc/hosts.deny, IPv6 in brackets; the undo "
        "removes\n"
        "the lines that are just that. Other lines, the file's owner, mode and attributes stay as they are.";
    response.options = {{kFile, "FILE", "instead of /etc/hosts.deny, whether TCP wrappers are installed or not"}};
    block_with(response, deny_file);
    return run_response(response, argc, argv);
}
