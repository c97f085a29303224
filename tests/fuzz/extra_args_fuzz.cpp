// SPDX-License-Identifier: Apache-2.0
// An alert on the first line and extra arguments behind it: an alert's value is never an option, never splits, never
// floods.
#include "src/request/child_input.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) return 0;
    const auto alert = Document::parse(bytes.substr(0, newline));
    const std::string_view text = bytes.substr(newline + 1);
    const auto arguments = split_extra_args(text, alert ? *alert : Document());
    if (!arguments) {
        require(!arguments.error().text().empty(), "a refusal has a reason");
        return 0;
    }
    std::size_t total = 0;
    for (const std::string& argument : *arguments) {
        total += argument.size();
        if (text.find('-') == std::string_view::npos)
            require(argument.size() < 2 || argument.front() != '-', "no option comes from the alert");
    }
    require(arguments->size() <= text.size(), "there are no more arguments than characters");
    require(total <= 131'072, "the arguments are bounded");
    return 0;
}
