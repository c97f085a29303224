// SPDX-License-Identifier: Apache-2.0
#include "src/responses/address_target.h"

#include "src/request/utf8.h"

namespace riposte {

Answer<Network> parse_target(std::string_view text) {
    const auto network = Network::parse(text);
    if (!network) return bad_input(quoted(text) + " is no IP address");
    if (network->prefix_length() == 0) return bad_input(quoted(text) + " is every address there is");
    return *network;
}

Answer<std::vector<Network>> parse_targets(const std::vector<std::string>& texts) {
    std::vector<Network> networks;
    for (const std::string& text : texts) {
        const auto network = parse_target(text);
        if (!network) return network.error();
        networks.push_back(*network);
    }
    return networks;
}

Answer<Network> target_of(const Task& task) {
    if (task.request.srcip.empty()) return bad_input("the request names no address");
    return parse_target(task.request.srcip);
}

Answer<Keys> address_keys(const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    return Keys{network->text()};
}

}  // namespace riposte
