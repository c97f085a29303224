// SPDX-License-Identifier: Apache-2.0
// The command line as a person types it, run inside the test.
#pragma once

#include "src/cli/command_line.h"
#include "src/cli/subcommands.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace riposte::testing {

struct Typed {
    int code = -1;
    std::string out, err;
    boost::json::value json() const { return boost::json::parse(out); }
};

// `input` is all of its standard input.
inline Typed type(const std::vector<std::string>& words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Streams streams{in, out, err, Terminal{}};
    const int code = run_command_line(all_subcommands(), words, streams);
    return {code, out.str(), err.str()};
}

}  // namespace riposte::testing
