// SPDX-License-Identifier: Apache-2.0
#include "src/responses/quarantine_record.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;

namespace {

QuarantineRecord odd_record() {
    std::string all_bytes;
    for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
    QuarantineRecord record;
    record.path = "/tmp/ 100%\n-\xC3\xA9 \xFF\r\n";
    record.facts.size = UINT64_MAX;
    record.facts.sha256 = std::string(64, 'a');
    record.facts.identity = "1:2:3";
    record.facts.properties = {{"", ""}, {all_bytes, all_bytes}, {"a b", " "}, {"mode", "644"}};
    record.returning = "4:5:6";
    return record;
}

}  // namespace

TEST_CASE("a record comes back from its text as it was") {
    for (const QuarantineRecord& record : {odd_record(), QuarantineRecord()}) {
        const std::string text = serialize_record(record);
        CAPTURE(text);
        for (const char byte : text) CHECK(((byte >= ' ' && byte < 0x7F) || byte == '\n'));
        const auto parsed = parse_record(text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == record);
    }
}

TEST_CASE("what is no record is none") {
    const std::string good = serialize_record(odd_record());
    std::vector<std::string> bad{"",
                                 "\n",
                                 "riposte-quarantine 2\n" + good.substr(good.find('\n') + 1),
                                 good + "path /twice\n",
                                 good + "unknown line\n",
                                 good + "nospace\n",
                                 good + "\n",
                                 good + "property.x %0\n",
                                 good + "property.x %zz\n",
                                 good + "property.y no end"};
    for (std::size_t cut = 0; cut < good.size(); ++cut) bad.push_back(good.substr(0, cut));
    for (const std::string& text : bad) {
        CAPTURE(text);
        CHECK_FALSE(parse_record(text).has_value());
    }
    const std::size_t size = good.find("size ");
    CHECK_FALSE(parse_record(good.substr(0, size) + "size -1" + good.substr(good.find('\n', size))).has_value());
}
