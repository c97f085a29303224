// SPDX-License-Identifier: Apache-2.0
// The shipped program in a temporary home, driven by a manager on loopback.
#pragma once

#include "tests/manager/manager_simulator.h"
#include "tests/manager/started.h"
#include "tests/service/service_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace riposte::testing {

// Results have no text for doctest.
template <class T>
bool ok(const Result<T>& result) {
    return result.has_value();
}

// Riposte with the stateful response "block", and the simulated manager that drives it.
class Driven {
  public:
    explicit Driven(simulator::Options options, const std::string& protocol, const std::string& kind = "auto",
                    const std::string& more = "")
        : manager_(simulator::started(std::move(options))),
          riposte_(place_, command("block", "block") + section(protocol, kind, more)) {
        place_.add("block", place_.asks_and_acts());
    }

    Place& place() { return place_; }
    Riposte& riposte() { return riposte_; }
    simulator::ManagerSimulator& manager() { return *manager_; }

    // The id of the agent that it became.
    std::string connect() {
        riposte_.start();
        return wait_for_connection();
    }
    std::string wait_for_connection() {
        REQUIRE_MESSAGE(test::wait_until([&] { return is_connected(); }), place_.log());
        const auto agents = manager_->agents();
        REQUIRE(agents.size() == 1);
        return agents[0].key.id;
    }
    bool is_connected() const {
        const boost::json::object status = riposte_.status();
        const boost::json::value* link = status.if_contains("link");
        return link != nullptr && link->is_object() && text(link->get_object(), "state") == "connected";
    }
    std::int64_t link_number(const char* name) const { return number(riposte_.status().at("link").as_object(), name); }

    // How many of the manager's events have this in them.
    std::size_t events_with(const std::string& location, const std::string& part) const {
        const auto events = manager_->events();
        return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const simulator::Event& event) {
            return event.location.find(location) != std::string::npos && event.text.find(part) != std::string::npos;
        }));
    }

  private:
    std::string section(const std::string& protocol, const std::string& kind, const std::string& more) const {
        const bool https = protocol == "https";
        const std::uint16_t port = https ? manager_->https_port() : manager_->port();
        return "<riposte><manager><server><address>127.0.0.1</address><port>" + std::to_string(port) +
               "</port><protocol>" + protocol + "</protocol></server><kind>" + kind +
               "</kind><notify_time>1s</notify_time>" + more + "<enrollment><port>" +
               std::to_string(manager_->enrolment_port()) +
               "</port><agent_name>web01</agent_name></enrollment></manager></riposte>\n";
    }

    Place place_;
    std::unique_ptr<simulator::ManagerSimulator> manager_;
    Riposte riposte_;
};

}  // namespace riposte::testing
