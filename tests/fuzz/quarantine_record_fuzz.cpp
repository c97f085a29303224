// SPDX-License-Identifier: Apache-2.0
// Any bytes as a record of the quarantine: what is read is written as text that reads the same.
#include "src/responses/quarantine_record.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto record = riposte::parse_record(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!record) return 0;
    const std::string text = riposte::serialize_record(*record);
    const auto again = riposte::parse_record(text);
    riposte::require(again && *again == *record, "a record survives the way through text");
    riposte::require(riposte::serialize_record(*again) == text, "one text for one record");
    return 0;
}
