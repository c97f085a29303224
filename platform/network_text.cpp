// SPDX-License-Identifier: Apache-2.0
#include "platform/network_text.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/icmp.hpp>

#include <charconv>
#include <string_view>

namespace riposte {
namespace {

namespace ip = boost::asio::ip;

template <class Bytes>
std::string text_of(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

std::optional<NetworkBytes> host_bytes(const std::string& text) {
    boost::system::error_code code;
    const ip::address address = ip::make_address(text, code);
    // The call of Windows that Asio parses with accepts more than addresses: zones, ports, omitted numbers. They are
    // refused here, and zones on every system.
    if (code || text.find_first_of("%[") != std::string::npos) return std::nullopt;
    if (address.is_v4() && address.to_string() != text) return std::nullopt;
    NetworkBytes host;
    host.family = address.is_v4() ? ip::icmp::v4().family() : ip::icmp::v6().family();
    host.address = address.is_v4() ? text_of(address.to_v4().to_bytes()) : text_of(address.to_v6().to_bytes());
    host.prefix_length = host.longest();
    return host;
}

bool bit_at(const std::string& bytes, unsigned index) {
    return ((static_cast<unsigned char>(bytes[index / 8]) >> (7 - index % 8)) & 1U) != 0;
}

// How many bits the two begin with in common, if behind them the one has only 0 and the other only 1.
std::optional<unsigned> range_length(const std::string& first, const std::string& last) {
    const auto bits = static_cast<unsigned>(first.size() * 8);
    unsigned length = 0;
    while (length < bits && bit_at(first, length) == bit_at(last, length)) ++length;
    for (unsigned index = length; index < bits; ++index)
        if (bit_at(first, index) || !bit_at(last, index)) return std::nullopt;
    return length;
}

std::optional<unsigned> mask_length(const std::string& text) {
    const auto mask = host_bytes(text);
    if (!mask || mask->is_v6()) return std::nullopt;
    unsigned length = 0;
    while (length < 32 && bit_at(mask->address, length)) ++length;
    for (unsigned index = length; index < 32; ++index)
        if (bit_at(mask->address, index)) return std::nullopt;
    return length;
}

std::optional<unsigned> prefix_number(std::string_view text) {
    unsigned value = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

// With this prefix length in place of its own, if that makes a network.
std::optional<NetworkBytes> shortened(std::optional<NetworkBytes> host, std::optional<unsigned> length) {
    if (!host || !length || *length == 0 || *length > host->longest()) return std::nullopt;
    host->prefix_length = *length;
    return host;
}

}  // namespace

Result<NetworkBytes> network_bytes(const std::string& text) {
    const std::size_t slash = text.find('/');
    auto network = host_bytes(text.substr(0, slash));
    if (slash != std::string::npos)
        network = shortened(network, prefix_number(std::string_view(text).substr(slash + 1)));
    if (!network) return failure(std::errc::invalid_argument, "\"" + text + "\" as an address or network");
    return *network;
}

std::optional<NetworkBytes> told_network(const std::string& text) {
    const std::size_t dash = text.find('-');
    if (dash != std::string::npos) {
        const auto first = host_bytes(text.substr(0, dash));
        const auto last = host_bytes(text.substr(dash + 1));
        if (!first || !last || first->family != last->family) return std::nullopt;
        return shortened(first, range_length(first->address, last->address));
    }
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos && text.find('.', slash) != std::string::npos) {
        const auto host = host_bytes(text.substr(0, slash));
        return host && host->is_v6() ? std::nullopt : shortened(host, mask_length(text.substr(slash + 1)));
    }
    const auto network = network_bytes(text);
    return network ? std::optional<NetworkBytes>(*network) : std::nullopt;
}

}  // namespace riposte
