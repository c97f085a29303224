// SPDX-License-Identifier: Apache-2.0
// An IP address or network as a value. It accepts only forms that every reader of the text understands alike.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

class Network {
  public:
    // "192.0.2.7", "2001:db8::7", "192.0.2.0/24", "2001:db8::/32". Strict: four decimal parts without leading zeros, no
    // zone id, no port, no white space, no host name. Bits behind the prefix are cleared, as firewalls do; an IPv4
    // address mapped into IPv6 (::ffff:192.0.2.7) is the IPv4 address.
    static std::optional<Network> parse(std::string_view text);

    // Canonical: one text per network. A single address is written without its prefix length.
    std::string text() const;

    bool is_v6() const { return is_v6_; }
    bool is_host() const { return prefix_length_ == (is_v6_ ? 128 : 32); }
    unsigned prefix_length() const { return prefix_length_; }

    // Whether every address of `other` is in this network, or at least one. Never between the two families.
    bool contains(const Network& other) const;
    bool overlaps(const Network& other) const { return contains(other) || other.contains(*this); }

    bool operator==(const Network&) const = default;

  private:
    Network() = default;
    void clear_host_bits();

    bool is_v6_ = false;
    unsigned prefix_length_ = 0;
    std::array<std::uint8_t, 16> bytes_{};  // IPv4 uses the first four
};

}  // namespace riposte
