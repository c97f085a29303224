// SPDX-License-Identifier: Apache-2.0
// State that the parts of the simulator share: the agents, the faults, the counts. Only the loop's thread may use it.
#pragma once

#include "tests/manager/block.h"
#include "tests/manager/peer.h"
#include "tests/manager/types.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/json/object.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace riposte::simulator {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Agent {
    explicit Agent(KeyEntry entry);

    AgentView view;  // "tasks" and the "ago" members are filled in for a snapshot
    std::string keys;
    SteadyTime registered;
    SteadyTime usable_from;
    SteadyTime heard;
    SteadyTime keepalive;
    std::shared_ptr<Peer> peer;  // null: nowhere to send to
    Counter received;
    std::string last_block;  // sent, for replays
    std::string wrong_keys;  // used for sending, if not empty
    bool frozen = false;     // its datagrams are ignored, nothing is sent to it
    bool pushing = false;
    std::deque<Task> tasks;
};

// Agents in the order of their registration.
class Registry {
  public:
    Agent* find(std::string_view id);
    Agent* find_name(std::string_view name);
    // One whose key names this single address.
    Agent* find_address(const boost::asio::ip::address& address);
    Agent& add(KeyEntry entry);
    void remove(std::string_view id);
    std::vector<std::unique_ptr<Agent>>& all() { return agents_; }

    // The next id of that kind, and a new key.
    std::string next_id(Kind kind);
    static std::string new_key();

  private:
    std::vector<std::unique_ptr<Agent>> agents_;
    unsigned last_id_ = 0;
};

// Whether the key's ip field lets that address in.
bool allows(const std::string& ip, const boost::asio::ip::address& address);

// Faults of the next requests over HTTPS. Each number is how many requests the fault still hits.
struct HttpsFaults {
    std::uint64_t unavailable = 0;   // answered with 503
    std::uint64_t lose_answers = 0;  // done, and the connection closed instead of an answer
};

struct Core {
    Core(boost::asio::io_context& loop, Options options);

    boost::asio::io_context& loop;
    Options options;
    Registry registry;
    Faults faults;
    HttpsFaults https;
    Counts counts;
    Counter sent;  // one for all agents
    std::vector<Event> events;
    std::vector<Enrolment> enrolments;

    void tell(std::string_view what, boost::json::object more = {});
    void keep_event(Event event);
    // This manager's clock, seconds since 1970.
    std::int64_t now() const;
    bool is_wazuh() const { return options.kind != Kind::Ossec; }
    bool is_connected(const Agent& agent) const;
};

// "v4.14.7" and the like as numbers; nothing if there is no major.minor.
struct Version {
    unsigned major = 0;
    unsigned minor = 0;
    bool operator==(const Version&) const = default;
    auto operator<=>(const Version& other) const {
        return std::tie(major, minor) <=> std::tie(other.major, other.minor);
    }
};
std::optional<Version> parse_version(std::string_view text);

}  // namespace riposte::simulator
