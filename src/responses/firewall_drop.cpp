// SPDX-License-Identifier: Apache-2.0
// firewall-drop: drops in the kernel what comes from an address or network.
#include "platform/include/firewall.h"
#include "src/request/utf8.h"
#include "src/responses/blocking.h"

using namespace riposte;

namespace {

constexpr std::string_view kBackend = "--firewall";

Answer<Blockers> firewalls(const Settings& settings) {
    const auto found = settings.find(kBackend);
    const std::string_view wanted = found == settings.end() ? std::string_view() : found->second;
    Blockers blockers;
    for (const Firewall firewall : own_firewalls()) {
        auto blocker = open_firewall(firewall);
        if (wanted.empty() || wanted == blocker->name()) blockers.push_back(std::move(blocker));
    }
    if (blockers.empty()) return bad_input("there is no firewall " + quoted(wanted) + " here");
    return blockers;
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "firewall-drop";
    response.summary = "drops what comes from an address or network, to this host or through it.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs root, and nftables (libnftables) or else iptables; or an administrator, and Windows' firewall. Its\n"
        "rules stand in the table \"inet riposte\", the chain RIPOSTE, or the group Riposte; no other rule is "
        "touched.\n"
        "The undo removes the address, and only that.\n"
        "nftables lifts a block by itself a day after its time, if the request tells the time (Wazuh 5).";
    response.options = {{kBackend, "NAME", "only this one: nftables, iptables; windows-firewall", true}};
    block_with(response, firewalls);
    return run_response(response, argc, argv);
}
