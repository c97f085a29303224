// SPDX-License-Identifier: Apache-2.0
// Whatever an agent's configuration holds: switched off is off, and taken back is what it was.
#include "src/config/agent_switch.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto edit = edit_to_switch_off(text);
    if (!edit || edit->empty()) return 0;
    const std::string off = edited(text, *edit);
    const auto again = edit_to_switch_off(off);
    require(again.has_value() && again->empty(), "what was switched off is off");
    const auto back = without_edit(off, *edit);
    // The same lines may stand there twice; then it is refused.
    if (!edit->before.empty()) require(back.has_value(), "a value can be taken back");
    if (back) require(*back == text, "taken back, it is what it was");
    return 0;
}
