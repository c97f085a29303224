// SPDX-License-Identifier: Apache-2.0
// The switch of an agent's own runner in its ossec.conf: the first <active-response><disabled> of the file, whatever
// else the section holds. Source: Wazuh v4.14.7 src/os_execd/config.c, OSSEC src/os_execd/config.c.
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace riposte {

// One place of a text, and what stands there before and after.
struct TextEdit {
    std::size_t at = 0;
    std::string before, after;
    bool empty() const { return before == after; }
};

// The one edit that turns the agent's own runner off: the value of the first <disabled>; where there is none, a new
// line in the first section without a command; else a new section, before the others or at the end of the last root,
// since a <disabled> beside a <command> is that response's own. Comments and everything else stay as they are. Empty:
// it is off already. An Error says why the text is no agent's configuration.
Result<TextEdit> edit_to_switch_off(std::string_view text);

std::string edited(std::string_view text, const TextEdit& edit);

// Takes that edit back in a text that was changed since: the value alone, or the lines that were added. An Error if
// they are not there any more as they were written.
Result<std::string> without_edit(std::string_view text, const TextEdit& edit);

}  // namespace riposte
