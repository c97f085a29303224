// SPDX-License-Identifier: Apache-2.0
// A network's text as the kernel wants it. Private to platform/linux.
#pragma once

#include "platform/include/result.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <string>
#include <sys/socket.h>

namespace riposte {

struct NetworkBytes {
    int family = AF_INET;  // or AF_INET6
    unsigned prefix_length = 0;
    std::string address;  // 4 or 16 bytes in network order

    bool is_v6() const { return family == AF_INET6; }
    unsigned longest() const { return is_v6() ? 128 : 32; }
    bool is_host() const { return prefix_length == longest(); }
};

inline Result<NetworkBytes> network_bytes(const std::string& text) {
    NetworkBytes network;
    network.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
    network.prefix_length = network.longest();
    const std::size_t slash = text.find('/');
    std::array<char, 16> bytes{};
    bool valid = ::inet_pton(network.family, text.substr(0, slash).c_str(), bytes.data()) == 1;
    if (slash != std::string::npos) {
        const char* const end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data() + slash + 1, end, network.prefix_length);
        valid = valid && code == std::errc() && stop == end;
    }
    if (!valid || network.prefix_length == 0 || network.prefix_length > network.longest())
        return failure(std::errc::invalid_argument, "\"" + text + "\" as an address or network");
    network.address.assign(bytes.data(), network.is_v6() ? 16 : 4);
    return network;
}

}  // namespace riposte
