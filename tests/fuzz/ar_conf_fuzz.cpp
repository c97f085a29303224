// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ar.conf: every line is an entry that can be found and run, or is warned of; nothing is lost in
// silence.
#include "src/config/catalog.h"
#include "src/request/request.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

std::size_t filled_lines(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::size_t count = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (text.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos) ++count;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Diagnostics found;
    const auto entries = parse_ar_conf(text, "ar.conf", found);
    require(!has_errors(found), "a bad line is a warning");
    if (found.size() <= 100)
        require(entries.size() + found.size() == filled_lines(text), "every line is read or warned of");

    const Config config;
    const Catalog catalog(config, entries, [](const std::string& name) { return name.size() % 2 == 0; });
    for (const ArConfEntry& entry : entries) {
        require(check_file_name(entry.executable).has_value(), "an executable is a bare file name");
        require(entry.timeout.count() >= 0, "a timeout is not negative");
        const Resolved* resolved = catalog.find(entry.name);
        require(resolved != nullptr, "every name is found");
        if (entry.executable.size() % 2 == 0) require(resolved->executable.size() % 2 == 0, "one that exists wins");
    }
    return 0;
}
