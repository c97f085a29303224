// SPDX-License-Identifier: Apache-2.0
#include "src/run/command_check.h"

#include "src/request/response_marker.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace riposte {

namespace {

// The executable's output on one line; without any output, how it ended.
std::string said(const Outcome& outcome) {
    std::string text = outcome.output.substr(0, outcome.output.find_last_not_of(" \t\r\n") + 1);
    std::erase(text, '\r');
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.empty() ? "its --check failed: " + describe(outcome) : text;
}

}  // namespace

CommandCheck::CommandCheck(Spawner& spawner, std::filesystem::path home, Askable& askable, boost::json::array rows,
                           Done done)
    : spawner_(spawner), home_(std::move(home)), rows_(std::move(rows)), done_(std::move(done)) {
    std::set<std::string> seen;
    for (const boost::json::value& row : rows_) {
        const boost::json::object& command = row.as_object();
        const std::string executable(command.at("executable").as_string());
        const bool is_new = seen.insert(executable).second;
        if (is_new && command.at("trusted").as_bool() && askable(executable)) to_ask_.push_back(executable);
    }
}

void CommandCheck::start() {
    boost::asio::post(spawner_.loop(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->next();
    });
}

void CommandCheck::next() {
    if (to_ask_.empty()) return std::exchange(done_, nullptr)(std::move(rows_));
    const std::string executable = std::move(to_ask_.back());
    to_ask_.pop_back();
    probe_ = Probe::ask(spawner_, home_, executable, {"--check"},
                        [this, executable](const Outcome& outcome) { on_answer(executable, outcome); });
}

void CommandCheck::on_answer(const std::string& executable, const Outcome& outcome) {
    const bool ready = outcome.kind == Outcome::Kind::Success;
    for (boost::json::value& row : rows_) {
        boost::json::object& command = row.as_object();
        if (command.at("executable").as_string() != executable) continue;
        command["ready"] = ready;
        if (!ready) command["problem"] = said(outcome);
    }
    next();
}

}  // namespace riposte
