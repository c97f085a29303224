// SPDX-License-Identifier: Apache-2.0
// A stock agent's tree, and Riposte in it.
#pragma once

#include "tests/cli/service_fixture.h"
#include "tests/support/text.h"

#include <string>

namespace riposte::testing {

struct BesideAgent {
    BesideAgent() {
        fs::create_directories(units());
        fs::create_directories(config().parent_path());
        place.write(config(), stock);
    }
    fs::path units() const { return place.file("units"); }
    fs::path drop_in() const { return units() / "riposte.socket.d/agent.conf"; }
    fs::path config() const { return agent_config_path(place.home()); }
    Typed adopt() const { return type(place, {"adopt", "--units", units().string()}); }
    Typed release() const { return type(place, {"release", "--units", units().string()}); }

    Place place;
    std::string stock = test::read_file(fs::path(RIPOSTE_TEST_DATA) / "cli/agent/ossec.conf");
};

}  // namespace riposte::testing
