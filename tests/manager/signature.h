// SPDX-License-Identifier: Apache-2.0
// How requests over HTTPS are signed (Wazuh 5: remoted_module/src/auth/authMiddleware.cpp,
// client-agent/https_client/src/enrollSigner.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace riposte::simulator {

// Lower-case hex of AES-CMAC. Nothing if `key` is not 16, 24 or 32 bytes long.
std::optional<std::string> cmac_hex(std::string_view key, std::string_view text);
// The 32 bytes that sign an enrolment.
std::string enrolment_key(std::string_view password);

std::string request_text(std::string_view method, std::string_view target, std::string_view id,
                         std::string_view timestamp, std::string_view body);
std::string enrolment_text(std::string_view timestamp, std::string_view body);

// "Wazuh ID:UNIX:MAC" or, without an id, "WazuhEnroll UNIX:MAC".
struct Authorization {
    std::string id;
    std::string timestamp;
    std::int64_t time = 0;
    std::string mac;
};
std::optional<Authorization> parse_authorization(std::string_view header, std::string_view scheme, bool has_id);

// 300 s behind to 30 s ahead.
bool is_in_time(std::int64_t time, std::int64_t now);

}  // namespace riposte::simulator
