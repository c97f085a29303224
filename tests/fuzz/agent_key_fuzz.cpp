// SPDX-License-Identifier: Apache-2.0
// Any bytes as a client.keys, as the answers to both kinds of enrolment, and as stored counters: what is read obeys the
// rules and is written as it was read, and no error repeats a key.
#include "src/link/agent_key.h"
#include "src/link/counters.h"
#include "src/link/enrol_text.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

void check(const Result<AgentKey>& key) {
    if (!key) {
        require(!key.error().text().empty() && key.error().text().size() < 2'000, "an error is a bounded sentence");
        return;
    }
    require(check_agent_key(*key).has_value(), "every field obeys its rule");
    const Secret line = client_keys_line(*key);
    require(line.view().find('\n') == line.size() - 1, "a key is one line");
    const auto again = parse_client_keys(line.view());
    require(again && *again == *key, "a key is read as it was written");
    require(derive_cipher_key(*key)->size() == 47, "a key gives the ciphers' key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(parse_client_keys(text));
    check(read_enrol_answer(text));
    check(read_enrol_answer("OSSEC K:'" + std::string(text) + "'"));
    check(read_enrol_body(200, text));
    check(read_enrol_body(400, text));
    if (const auto pair = parse_counters(text)) {
        require(parse_counters(counters_text(*pair)) == pair, "counters are read as they were written");
        require(next_counters(*pair) > *pair, "the next counters are greater");
    }
    return 0;
}
