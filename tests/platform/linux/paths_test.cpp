// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include "tests/platform/support.h"

#include <doctest/doctest.h>

using namespace riposte;
namespace fs = std::filesystem;

TEST_CASE("the default home is an installed agent's, else our own") {
    const bool beside_agent = fs::is_directory("/var/ossec/active-response/bin");
    CHECK(default_home() == fs::path(beside_agent ? "/var/ossec" : "/var/lib/riposte"));
    CHECK(default_config() == fs::path("/etc/riposte/riposte.conf"));
    CHECK(default_state() == fs::path("/var/lib/riposte"));
}

TEST_CASE("the layout below a home is the agent's") {
    CHECK(bin_directory("/h") == fs::path("/h/active-response/bin"));
    CHECK(ar_conf_path("/h") == fs::path("/h/etc/shared/ar.conf"));
    CHECK(agent_config_path("/h") == fs::path("/h/etc/ossec.conf"));
    CHECK(response_log_path("/h") == fs::path("/h/logs/active-responses.log"));
    CHECK(program_name("firewall-drop") == "active-response/bin/firewall-drop");
}

TEST_CASE("the request socket of a Wazuh 5 agent is opened too where its directory exists") {
    const test::TemporaryDirectory home;
    CHECK(execq_paths(home.path()) == std::vector<fs::path>{home / "queue/alerts/execq"});
    fs::create_directories(home / "queue/sockets");
    CHECK(execq_paths(home.path()) == std::vector<fs::path>{home / "queue/alerts/execq", home / "queue/sockets/execq"});
}

TEST_CASE("the control endpoint lies in /run for the default state directory only") {
    CHECK(control_endpoint("/var/lib/riposte") == "/run/riposte/control.sock");
    CHECK(control_endpoint("/var/lib/riposte/") == "/run/riposte/control.sock");
    CHECK(control_endpoint("/var/lib/./riposte") == "/run/riposte/control.sock");
    CHECK(control_endpoint("/tmp/state") == "/tmp/state/control.sock");
    CHECK(control_endpoint("/tmp/state/") == "/tmp/state/control.sock");
}
