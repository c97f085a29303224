// SPDX-License-Identifier: Apache-2.0
// The manager that is named on the command line, kept in the configuration. tests/service/link_test.cpp enrols.
#include "tests/cli/service_fixture.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::testing;

namespace {

// Of this host, where nothing listens.
class NobodyThere {
  public:
    NobodyThere() : socket_(loop_) {
        using boost::asio::ip::tcp;
        socket_.open(tcp::v4());
        socket_.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    }
    std::string port() const { return std::to_string(socket_.local_endpoint().port()); }

  private:
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::socket socket_;
};

std::optional<ManagerSettings> manager_of(const Place& place) {
    const Setup setup = load_setup(place.arguments());
    CHECK_FALSE(has_errors(setup.found));
    return setup.config.settings.manager;
}

}  // namespace

TEST_CASE("the manager is kept before it is asked, so that the service can ask again") {
    const Place place;
    const NobodyThere nobody;
    place.write(place.config(), block_config());
    const Typed typed = type(place, {"enroll", "--manager", "127.0.0.1", "--port", nobody.port(), "--name", "web01",
                                     "--groups", "web", "--save"});
    CHECK(typed.code == kFailed);
    CHECK_FALSE(fs::exists(place.state() / "client.keys"));
    const auto manager = manager_of(place);
    REQUIRE(manager);
    CHECK(manager->servers == std::vector<ManagerSettings::Server>{{"127.0.0.1", 0, ""}});
    CHECK(std::to_string(manager->enrollment.port) == nobody.port());
    CHECK(manager->enrollment.agent_name == "web01");
    CHECK(manager->enrollment.groups == "web");
    // Saving the manager leaves the rest of the file: the command is still configured.
    CHECK(load_setup(place.arguments()).config.find_command("block") != nullptr);

    const std::string saved = place.read(place.config());
    const Typed again = type(place, {"enroll", "--manager", "localhost", "--port", nobody.port(), "--save"});
    CHECK(again.err.find("has a <manager> already") != std::string::npos);
    CHECK(place.read(place.config()) == saved);
}

TEST_CASE("Wazuh 5's channel is kept with the manager") {
    const Place place;
    const NobodyThere nobody;
    place.write(place.config(), "");
    CHECK(type(place, {"enroll", "--manager", "127.0.0.1", "--port", nobody.port(), "--https", "--save"}).code ==
          kFailed);
    const auto manager = manager_of(place);
    REQUIRE(manager);
    CHECK(manager->servers.front().protocol == "https");
}

TEST_CASE("what the configuration would not take is not written into it") {
    const Place place;
    place.write(place.config(), block_config());
    const Typed typed = type(place, {"enroll", "--manager", "a</address><address>b", "--save"});
    CHECK(typed.code == kFailed);
    CHECK(typed.err.find("was not added") != std::string::npos);
    CHECK(place.read(place.config()) == block_config());
}
