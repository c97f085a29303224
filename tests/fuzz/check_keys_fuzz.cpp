// SPDX-License-Identifier: Apache-2.0
// Any bytes as what an executable prints: keys or a reason, and the keys are what the line says.
#include "src/request/child_input.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

std::string line_of(const std::vector<std::string>& keys) {
    Document list = Document::array();
    for (const std::string& key : keys) list.add(Document::string(key));
    Document line = Document::object();
    line.append("command", Document::string("check_keys"));
    line.append("parameters", Document::object()).append("keys", list);
    return line.serialize();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto keys = parse_check_keys(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!keys) {
        require(!keys.error().text().empty(), "a refusal has a reason");
        return 0;
    }
    require(!keys->empty(), "there is a key");
    const std::string line = line_of(*keys);
    const auto again = parse_check_keys(line);
    require(again || line.size() > 65'536, "the keys can be written again");
    if (again) require(*again == *keys, "the keys are the same");
    return 0;
}
