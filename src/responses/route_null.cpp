// SPDX-License-Identifier: Apache-2.0
// route-null: routes an address or network to nowhere.
#include "platform/include/route.h"
#include "src/responses/blocking.h"

using namespace riposte;

int main(int argc, char** argv) {
    Response response;
    response.name = "route-null";
    response.summary = "routes an address or network to nowhere: it can send, but gets no answer.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs root, or an administrator. The route does not survive a reboot. A route of anybody else to the same\n"
        "destination is neither replaced nor removed. The undo removes the route.";
    block_with(response, [](const Settings&) -> Answer<Blockers> {
        Blockers blockers;
        blockers.push_back(null_routes());
        return blockers;
    });
    return run_response(response, argc, argv);
}
