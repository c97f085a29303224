// SPDX-License-Identifier: Apache-2.0
// The commands that manager_simulator reads from its standard input, one a line.
#pragma once

#include "tests/manager/manager_simulator.h"

#include <boost/json/object.hpp>

#include <functional>
#include <string>

namespace riposte::simulator {

// Where answers go; called from any thread.
using Print = std::function<void(const boost::json::object&)>;

// Does what the line says and prints {"done":COMMAND, ...} or {"error":TEXT}. False: it is to quit.
bool obey(ManagerSimulator& simulator, const std::string& line, const Print& print);
std::string commands_help();

}  // namespace riposte::simulator
