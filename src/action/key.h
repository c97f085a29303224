// SPDX-License-Identifier: Apache-2.0
// The identity of an action: two requests are the same if their executable and their list of keys are equal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace riposte {

struct Key {
    enum class Kind {
        Named,  // the executable named them (check_keys)
        Alert,  // it named none: the alert's own srcip, user and filename stand for them
    };
    std::string executable;
    Kind kind = Kind::Named;
    std::vector<std::string> values;

    // SHA-256 over the parts with their lengths in front, so that ["a","b"] and ["a-b"] differ.
    using Digest = std::array<std::uint8_t, 32>;
    Digest digest() const;
    // A SHA-256 is as random as a hash can be.
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const {
            std::size_t value = 0;
            std::memcpy(&value, digest.data(), sizeof value);
            return value;
        }
    };
    bool operator==(const Key&) const = default;
};

}  // namespace riposte
