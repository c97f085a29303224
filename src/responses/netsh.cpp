// SPDX-License-Identifier: Apache-2.0
// netsh: drops what comes from an address or network and what goes to it, by the rules that Wazuh's netsh makes.
#include "platform/include/firewall.h"
#include "src/responses/address_target.h"
#include "src/responses/blocking.h"

using namespace riposte;

namespace {

Answer<Blockers> rules(const Settings& /*settings*/) {
    Blockers blockers;
    blockers.push_back(open_firewall(Firewall::NetshRules));
    return blockers;
}

// Made all the same, as they count once the firewall is on; but nobody shall believe that they count before.
Answer<void> warn_without_effect(const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    const auto blocker = open_firewall(Firewall::NetshRules);
    const auto blocked = blocker->blocked({network->text()});
    if (!blocked) return failed(blocked.error());
    if (blocked->front()) return {};
    const auto found = blocker->check();
    const std::string reason = found ? *found : found.error().text();
    task.tell(network->text() + " is not kept out: " + reason);
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "netsh";
    response.summary = "drops what comes from an address or network, and what goes to it.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs an administrator. Makes two rules of Windows' firewall, in and out, named as Wazuh's netsh names its\n"
        "own: WAZUH ACTIVE RESPONSE BLOCKED IP. The undo removes the rules of that name and address. While the\n"
        "firewall is off in an active profile they are made all the same, with a warning; --status then says that\n"
        "nothing is in force.";
    block_with(response, rules);
    response.add = [add = response.add](const Task& task) -> Answer<void> {
        auto added = add(task);
        return added ? warn_without_effect(task) : added;
    };
    return run_response(response, argc, argv);
}
