// SPDX-License-Identifier: Apache-2.0
// Any bytes as a shadow file, the first line of the input as the user: what is set is found, and setting the former
// values again gives the former text.
#include "platform/linux/shadow_text.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t newline = input.find('\n');
    if (newline == std::string_view::npos) return 0;
    const std::string_view user = input.substr(0, newline);
    const std::string shadow(input.substr(newline + 1));
    const auto login = riposte::find_login(shadow, user);
    const riposte::ShadowLogin wanted{"!x", "1"};
    const std::string changed = riposte::with_login(shadow, user, wanted);
    if (!login) {
        riposte::require(changed == shadow, "what is not found is not changed");
        return 0;
    }
    riposte::require(riposte::find_login(changed, user) == wanted, "what is set is found");
    riposte::require(riposte::with_login(changed, user, *login) == shadow, "the way back leads to the same text");
    return 0;
}
