// SPDX-License-Identifier: Apache-2.0
#include "src/cli/places.h"

#include "platform/include/utf8_path.h"
#include "src/cli/managers.h"
#include "tests/cli/service_fixture.h"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;

namespace {

// With a drive, where there are drives.
std::string full(const char* path) {
    return fs::absolute(path).string();
}

constexpr const char* kAgent =
    "<ossec_config>\n"
    "  <client><server><address>192.0.2.10</address><port>1514</port></server>\n"
    "    <server><address>manager.invalid</address></server></client>\n"
    "  <active-response><disabled>yes</disabled><repeated_offenders>30,60</repeated_offenders></active-response>\n"
    "  <command><name>block</name><executable>agents</executable></command>\n"
    "  <command><name>other</name><executable>other</executable></command>\n"
    "</ossec_config>\n";

}  // namespace

TEST_CASE("the command line wins over the environment, that over the configuration, that over the defaults") {
    const Place place;
    place.write(place.config(), "<riposte><home>" + full("/from/config") + "</home></riposte>\n");
    Arguments arguments;
    arguments.add("config", place.config().string());
    CHECK(load_setup(arguments).home == full("/from/config"));
    const test::Variable home("RIPOSTE_HOME", "/from/environment");
    const test::Variable state("RIPOSTE_STATE", "/state/from/environment/");
    CHECK(load_setup(arguments).home == full("/from/environment"));
    CHECK(load_setup(arguments).state == full("/state/from/environment"));
    arguments.add("home", "/from/the/line");
    arguments.add("state", "/state/line");
    CHECK(load_setup(arguments).home == full("/from/the/line"));
    CHECK(state_directory(arguments) == full("/state/line"));
}

TEST_CASE("what names the same places from anywhere is what was named, and absolute") {
    Arguments arguments;
    CHECK(named_places(arguments).empty());
    arguments.add("home", "h\xc3\xb6me");
    const test::Variable state("RIPOSTE_STATE", "state");
    const fs::path here = fs::current_path();
    CHECK(named_places(arguments) == std::vector<std::string>{"--home", (here / utf8_path("h\xc3\xb6me")).string(),
                                                              "--state", (here / "state").string()});
}

TEST_CASE("a configuration that was named and is missing is an error") {
    const Place place;
    const Setup setup = load_setup(place.arguments());
    CHECK_FALSE(setup.config_exists);
    CHECK(has_errors(setup.found));
}

TEST_CASE("an agent's commands are taken, its daemon-wide switch is not, and Riposte's own file wins") {
    const Place place;
    place.write(place.config(), block_config());
    fs::create_directories(agent_config_path(place.home()).parent_path());
    place.write(agent_config_path(place.home()), kAgent);
    const Setup setup = load_setup(place.arguments());
    CHECK_FALSE(has_errors(setup.found));
    REQUIRE(setup.config.find_command("block") != nullptr);
    CHECK(setup.config.find_command("block")->executable == test::program("block"));
    CHECK(setup.config.find_command("other") != nullptr);
    REQUIRE(setup.config.active_responses.size() == 1);
    CHECK_FALSE(setup.config.active_responses[0].disabled);
    CHECK(setup.config.active_responses[0].repeated_offenders.size() == 2);
}

TEST_CASE("errors in an agent's file do not keep Riposte from its own") {
    const Place place;
    place.write(place.config(), block_config());
    fs::create_directories(agent_config_path(place.home()).parent_path());
    place.write(agent_config_path(place.home()), "<ossec_config><command><name>x</name></command></ossec_config>");
    const Setup setup = load_setup(place.arguments());
    CHECK_FALSE(setup.found.empty());
    CHECK_FALSE(has_errors(setup.found));
    CHECK(setup.config.find_command("block") != nullptr);
}

TEST_CASE("an agent's managers are found in its file") {
    const Place place;
    const auto file = place.write(place.file("ossec.conf"), kAgent);
    CHECK(agent_managers(file) == std::vector<std::string>{"192.0.2.10", "manager.invalid"});
    CHECK(agent_managers(place.file("missing")).empty());
    CHECK(agent_managers(place.write(place.file("bad.conf"), "<ossec_config><client>")).empty());
    const auto old = place.write(place.file("old.conf"),
                                 "<ossec_config><client><server-ip>192.0.2.11</server-ip></client></ossec_config>");
    CHECK(agent_managers(old) == std::vector<std::string>{"192.0.2.11"});
}

TEST_CASE("addresses of managers are known at once, names when they are resolved") {
    boost::asio::io_context loop;
    std::vector<std::string> known;
    const auto managers = std::make_shared<ManagerAddresses>(
        loop, [&known](std::vector<std::string> addresses) { known = std::move(addresses); });
    managers->resolve({"192.0.2.10", "localhost"});
    CHECK(known == std::vector<std::string>{"192.0.2.10"});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (known.size() < 2 && std::chrono::steady_clock::now() < end) loop.run_one_for(std::chrono::milliseconds(50));
    CHECK(known.size() >= 2);
    managers->stop();
}
