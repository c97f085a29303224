// SPDX-License-Identifier: Apache-2.0
#include "src/config/manager_section.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;

namespace {

ManagerSettings read_back(const ManagerSettings& settings) {
    const std::string text = manager_section(settings);
    CAPTURE(text);
    Diagnostics found;
    const Config config = parse_config(text, "riposte.conf", found);
    for (const Diagnostic& finding : found) CHECK_MESSAGE(false, finding.text());
    REQUIRE(config.settings.manager);
    return *config.settings.manager;
}

}  // namespace

TEST_CASE("a manager that was written is read as it was") {
    ManagerSettings settings;
    settings.servers = {{"manager.example", 0, ""}};
    CHECK(read_back(settings) == settings);

    settings.servers = {{"192.0.2.1", 1600, "tcp"}, {"2001:db8::1", 0, "https"}};
    settings.kind = "wazuh5";
    settings.crypto_method = "blowfish";
    settings.keys = "other.keys";
    settings.notify_time = std::chrono::seconds(45);
    settings.time_reconnect = std::chrono::seconds(7200);
    ManagerSettings::Enrollment& enrollment = settings.enrollment;
    enrollment.enabled = false;
    enrollment.port = 1517;
    enrollment.agent_name = "web01";
    enrollment.groups = "web,dmz";
    enrollment.authorization_pass_path = "C:\\Program Data\\a & b <c>\\authd.pass";
    enrollment.server_ca_path = "/etc/ca's.pem";
    enrollment.agent_certificate_path = "h\xc3\xb6me/\"agent\".pem";
    enrollment.agent_key_path = "agent.key";
    CHECK(read_back(settings) == settings);
}

TEST_CASE("what holds without it is not written") {
    ManagerSettings settings;
    settings.servers = {{"manager.example", 0, ""}};
    CHECK(manager_section(settings) ==
          "<riposte>\n  <manager>\n    <server>\n      <address>manager.example</address>\n    </server>\n"
          "  </manager>\n</riposte>\n");
}
