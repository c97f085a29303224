// SPDX-License-Identifier: Apache-2.0
// route-null: routes an address or network to nowhere.
#include "platform/include/route.h"
#include "src/responses/blocking.h"

using namespace riposte;

namespace {

constexpr std::string_view kPersistent = "--persistent";

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "route-null";
    response.summary = "routes an address or network to nowhere: it can send, but gets no answer.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Needs root, or an administrator. The route does not survive a reboot unless that is asked for, which Linux\n"
        "cannot give. A route of anybody else to the same destination is neither replaced nor removed. The undo\n"
        "removes the route.";
    response.options = {{kPersistent, "", "the route survives a reboot; not on Linux", true}};
    block_with(response, [](const Settings& settings) -> Answer<Blockers> {
        const bool persists = is_set(settings, kPersistent);
        Blockers blockers;
        blockers.push_back(null_routes(persists ? RouteLife::Persistent : RouteLife::UntilReboot));
        return blockers;
    });
    return run_response(response, argc, argv);
}
