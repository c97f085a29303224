// SPDX-License-Identifier: Apache-2.0
// The fields of a message, read and checked. A manager's message and an executable's input share them.
#pragma once

#include "platform/include/result.h"
#include "src/request/document.h"
#include "src/request/request.h"

#include <cstddef>
#include <exception>
#include <string_view>

namespace riposte {

// "!name" names the executable itself, everything else a configured response.
Result<void> take_name(Request& request, std::string_view name);

// All but the document itself and the time it was made.
Result<Request> decode_wazuh4(const Document& document);
// `response` is its wazuh.active_response.
Result<Request> decode_wazuh5(const Document& document, const Document& response);

inline constexpr std::size_t kTargetWords = 2;  // USER SRCIP
// Reads request.words, at least kTargetWords of them.
Result<void> read_ossec_words(Request& request);

template <class Decode>
auto without_exceptions(Decode decode) -> decltype(decode()) {
    try {
        return decode();
    } catch (const std::exception& e) {
        return failure(std::string("the message could not be decoded: ") + e.what());
    }
}

}  // namespace riposte
