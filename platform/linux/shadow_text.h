// SPDX-License-Identifier: Apache-2.0
// Lines of shadow(5) as text, since every byte of the others must stay as it is. Private to platform/linux.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// The two fields that decide whether the account can be used.
struct ShadowLogin {
    std::string password;  // the field as it stands there
    std::string expires;   // days since 1970; empty: never

    bool operator==(const ShadowLogin&) const = default;
};

// The first line of that user; nothing if there is none, or it has not the nine fields of such a line.
std::optional<ShadowLogin> find_login(std::string_view shadow, std::string_view user);
// The text with these two fields in that line, and nothing else changed; the same text if find_login() has nothing.
// The fields must have neither ":" nor a newline.
std::string with_login(std::string_view shadow, std::string_view user, const ShadowLogin& login);

// Whether it has expired on that day.
bool has_expired(const ShadowLogin& login, long today);

}  // namespace riposte
