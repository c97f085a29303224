// SPDX-License-Identifier: Apache-2.0
#include "src/config/agent_runner.h"

#include "platform/include/agent_takeover.h"
#include "platform/include/file_edit.h"
#include "platform/include/paths.h"
#include "src/config/agent_switch.h"

#include <system_error>

namespace riposte {

AgentRunner examine_agent_runner(const std::filesystem::path& home) {
    using State = AgentRunner::State;
    const std::filesystem::path file = agent_config_path(home);
    std::error_code error;
    if (!can_take_over() || !std::filesystem::exists(file, error)) return {};
    const auto text = read_small_file(file);
    if (!text) return {State::Unknown, text.error().text(), "become an administrator"};
    const auto edit = edit_to_switch_off(*text);
    if (!edit) {
        return {State::Unknown, file.string() + ": " + edit.error().text(),
                "correct it; the agent cannot read it either"};
    }
    if (edit->empty()) return {State::StandsAside, file.string() + " leaves active response to Riposte", {}};
    return {State::Fights, file.string() + " leaves active response to the agent's own runner",
            "riposte adopt, else the two fight over the request socket"};
}

}  // namespace riposte
