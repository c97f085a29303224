// SPDX-License-Identifier: Apache-2.0
// firewalld-drop: drops what comes from an address or network, by a rule of firewalld.
#include "platform/include/firewall.h"
#include "src/responses/blocking.h"

using namespace riposte;

int main(int argc, char** argv) {
    Response response;
    response.name = "firewalld-drop";
    response.summary = "drops what comes from an address or network, by rich rules of firewalld.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs root and a running firewalld. The rules are in the default zone and in every active one, and not\n"
        "permanent. The undo removes them, and only them.\n"
        "firewalld lifts a block by itself a day after its time, if the request tells the time (Wazuh 5).";
    block_with(response, [](const Settings&) -> Answer<Blockers> {
        Blockers blockers;
        blockers.push_back(open_firewall(Firewall::Firewalld));
        return blockers;
    });
    return run_response(response, argc, argv);
}
