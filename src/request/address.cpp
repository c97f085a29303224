// SPDX-License-Identifier: Apache-2.0
#include "src/request/address.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace riposte {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kLongestText = 49;  // a full IPv6 address with an IPv4 tail, and "/128"

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A decimal number of at most three digits without leading zeros.
std::optional<unsigned> parse_small(std::string_view text) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Not every system's parser refuses "1.2.3" or "010.0.0.1", and those that take them disagree on the meaning.
bool is_dotted_quad(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        const std::size_t dot = text.find('.');
        if ((dot == std::string_view::npos) != (part == 3)) return false;
        const auto value = parse_small(text.substr(0, dot));
        if (!value || *value > 255) return false;
        if (part < 3) text.remove_prefix(dot + 1);
    }
    return true;
}

bool may_be_v6(std::string_view text) {
    const auto allowed = [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; };
    if (text.find(':') == std::string_view::npos || !std::all_of(text.begin(), text.end(), allowed)) return false;
    return text.find('.') == std::string_view::npos || is_dotted_quad(text.substr(text.rfind(':') + 1));
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
    if (text.size() > kLongestText) return std::nullopt;
    const std::size_t slash = text.find('/');
    const std::string_view address_text = text.substr(0, slash);
    if (!is_dotted_quad(address_text) && !may_be_v6(address_text)) return std::nullopt;

    boost::system::error_code error;
    const ip::address address = ip::make_address(std::string(address_text), error);
    if (error) return std::nullopt;

    Network network;
    network.is_v6_ = address.is_v6();
    network.prefix_length_ = network.is_v6_ ? 128 : 32;
    if (slash != std::string_view::npos) {
        const auto length = parse_small(text.substr(slash + 1));
        if (!length || *length > network.prefix_length_) return std::nullopt;
        network.prefix_length_ = *length;
    }
    if (!network.is_v6_) {
        std::ranges::copy(address.to_v4().to_bytes(), network.bytes_.begin());
    } else if (address.to_v6().is_v4_mapped() && network.prefix_length_ >= 96) {
        std::ranges::copy(ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_bytes(), network.bytes_.begin());
        network.is_v6_ = false;
        network.prefix_length_ -= 96;
    } else {
        std::ranges::copy(address.to_v6().to_bytes(), network.bytes_.begin());
    }
    network.clear_host_bits();
    return network;
}

std::string Network::text() const {
    std::string result;
    if (is_v6_) {
        result = ip::address_v6(bytes_).to_string();
    } else {
        result = ip::address_v4({bytes_[0], bytes_[1], bytes_[2], bytes_[3]}).to_string();
    }
    return is_host() ? result : result + "/" + std::to_string(prefix_length_);
}

bool Network::contains(const Network& other) const {
    if (is_v6_ != other.is_v6_ || prefix_length_ > other.prefix_length_) return false;
    Network masked = other;
    masked.prefix_length_ = prefix_length_;
    masked.clear_host_bits();
    return masked.bytes_ == bytes_;
}

void Network::clear_host_bits() {
    for (unsigned i = 0; i < bytes_.size(); ++i) {
        const unsigned kept = std::clamp(prefix_length_, i * 8, i * 8 + 8) - i * 8;
        bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & (0xFF00U >> kept));
    }
}

}  // namespace riposte
