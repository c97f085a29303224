// SPDX-License-Identifier: Apache-2.0
// A running simulator and an agent's key, with which the simulator's tests begin.
#pragma once

#include "tests/manager/manager_simulator.h"

#include <doctest/doctest.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace riposte::simulator {

inline Options of_kind(Kind kind) {
    Options options;
    options.kind = kind;
    return options;
}

// The test fails here if it does not start.
inline std::unique_ptr<ManagerSimulator> started(Options options) {
    auto simulator = ManagerSimulator::start(std::move(options));
    REQUIRE_MESSAGE(simulator.has_value(), (simulator ? "" : simulator.error().text()));
    return std::move(*simulator);
}

// "ID NAME IP KEY", as client.keys and the answer to an enrolment have it.
inline KeyEntry key_of_line(const std::string& line) {
    KeyEntry entry;
    std::istringstream(line) >> entry.id >> entry.name >> entry.ip >> entry.key;
    return entry;
}

}  // namespace riposte::simulator
