// SPDX-License-Identifier: Apache-2.0
// Prints events for people, one line for each step of an action.
#pragma once

#include "src/cli/command_line.h"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace riposte {

class EventPrinter {
  public:
    // `numbered`: each line tells which action it is about. `hint`: whoever follows to the end is told that they need
    // not.
    EventPrinter(const Invocation& invocation, bool numbered, bool hint = false)
        : invocation_(invocation), numbered_(numbered), hint_(hint) {}

    // Prints the event's line, if it has one; with --json the event itself.
    void print(const boost::json::object& event);

    // One sentence without time and number; empty for an event that tells people nothing.
    static std::string sentence(const boost::json::object& event, WallTime now);

  private:
    const Invocation& invocation_;
    const bool numbered_;
    const bool hint_;
};

// Prints the verdicts on submitted requests, from the service's answers, and returns the exit code. `told`: prints
// nothing, since their events were printed before.
int conclude(const Invocation& invocation, const boost::json::array& actions, bool told);

}  // namespace riposte
