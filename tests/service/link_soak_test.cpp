// SPDX-License-Identifier: Apache-2.0
// Thousands of responses through a link that breaks in every way, with Riposte killed in between. RIPOSTE_SOAK says how
// many responses (default 300 for each transport).
#include "tests/service/driven.h"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kTimeoutMs = 3000;

int responses() {
    const char* said = std::getenv("RIPOSTE_SOAK");
    return said == nullptr ? 300 : static_cast<int>(std::strtol(said, nullptr, 10));
}

// The number of responses per injected fault.
constexpr int kBetweenFaults = 40;

class Faults {
  public:
    Faults(Driven& driven, std::string id, bool udp) : driven_(driven), id_(std::move(id)), udp_(udp) {}

    void one() {
        simulator::ManagerSimulator& manager = driven_.manager();
        switch (pick(6)) {
            case 0:
                return note("connections closed", manager.drop(id_));
            case 1:
                return note(udp_ ? "connections closed" : "connections reset",
                            udp_ ? manager.drop(id_) : manager.reset(id_));
            case 2: {
                const Result<void> frozen = manager.freeze(id_);
                note("connections left half-open", frozen);
                // A datagram has no connection of its own: it is heard again when the agent has begun anew.
                if (udp_ && frozen) {
                    REQUIRE(test::wait_until([&] { return !driven_.is_connected(); }));
                    static_cast<void>(manager.thaw(id_));
                }
                return;
            }
            case 3:
                return note("messages repeated", manager.replay_last(id_));
            case 4:
                manager.stop();
                return note("restarts of the manager", manager.start_again());
            default:
                driven_.riposte().kill9();
                driven_.riposte().start();
                ++done_["kills of Riposte"];
        }
    }
    std::string text() const {
        std::string text;
        for (const auto& [what, count] : done_) text += ", " + what + " " + std::to_string(count);
        return text;
    }

  private:
    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
    void note(const char* what, const Result<void>& result) {
        ++done_[result ? std::string(what) : what + std::string(" (not: ") + result.error().text() + ")"];
    }

    Driven& driven_;
    const std::string id_;
    const bool udp_;
    std::mt19937 random_{7};
    std::map<std::string, int> done_;
};

struct Counts {
    std::string rows;  // of what vanished
    int sent = 0, confirmed = 0, arrived = 0, applied = 0, reversed = 0, twice = 0, early = 0, never_reversed = 0,
        vanished = 0;

    std::string text() const {
        return "sent " + std::to_string(sent) + ", recorded " + std::to_string(arrived) +
               ", of these known to have arrived before a fault " + std::to_string(confirmed) + ", applied " +
               std::to_string(applied) + ", reversed " + std::to_string(reversed) + ", twice " + std::to_string(twice) +
               ", early " + std::to_string(early) + ", never reversed " + std::to_string(never_reversed) +
               ", vanished " + std::to_string(vanished);
    }
};

// Tracks the responses that were sent, and those that have certainly arrived. A connection delivers in order, so an
// answered question proves the arrival of every response sent before it on the same connection.
class Arrivals {
  public:
    Arrivals(simulator::ManagerSimulator& manager, std::string id) : manager_(manager), id_(std::move(id)) {}

    bool send(const std::string& target, const std::string& body) {
        // Looked at before: a connection that begins meanwhile is not the one that this goes into.
        const std::uint64_t at = connection();
        if (!manager_.send_execd(id_, body)) return false;
        sent_.emplace_back(target, at);
        return true;
    }
    void ask() {
        if (!manager_.request(id_, "com getconfig active-response", 5s)) return;
        for (const auto& [target, at] : std::exchange(sent_, {})) {
            if (at == connection()) confirmed_.push_back(target);
        }
    }
    const std::vector<std::string>& confirmed() const { return confirmed_; }

  private:
    std::uint64_t connection() const { return manager_.agent(id_)->startups; }

    simulator::ManagerSimulator& manager_;
    const std::string id_;
    std::vector<std::pair<std::string, std::uint64_t>> sent_;
    std::vector<std::string> confirmed_;
};

// Compares the executable's acts with the requests in the ledger and with the responses that have certainly arrived.
void count(Driven& driven, const Arrivals& arrivals, Counts& counts) {
    std::map<std::string, std::int64_t> added;
    std::map<std::string, std::int64_t> removed;  // the first time
    for (const Act& act : driven.place().acts()) {
        if (act.verb == "add") {
            counts.twice += added.contains(act.address) ? 1 : 0;
            added.emplace(act.address, act.wall_ms);
        } else {
            removed.emplace(act.address, act.wall_ms);
        }
    }
    for (const auto& [target, at] : added) {
        const auto gone = removed.find(target);
        counts.never_reversed += gone == removed.end() ? 1 : 0;
        counts.early += gone != removed.end() && gone->second - at < kTimeoutMs ? 1 : 0;
    }
    counts.applied = static_cast<int>(added.size());
    counts.reversed = static_cast<int>(removed.size());
    counts.confirmed = static_cast<int>(arrivals.confirmed().size());
    for (const std::string& target : arrivals.confirmed()) {
        if (added.contains(target) || removed.contains(target)) continue;
        ++counts.vanished;
        counts.rows += target + " had arrived\n";
    }
    for (const auto& row : driven.riposte().history()) {
        ++counts.arrived;
        // Cut off by a kill after it was told, it is undone whether it acted or not.
        const std::string target = text(row, "srcip");
        if (added.contains(target) || removed.contains(target)) continue;
        ++counts.vanished;
        counts.rows += boost::json::serialize(row) + "\n";
    }
}

void soak(bool udp) {
    simulator::Options options;
    options.overtake_after = 500ms;
    Driven driven(options, udp ? "udp" : "tcp", "wazuh4", "<time-reconnect>2s</time-reconnect>");
    const std::string id = driven.connect();
    if (udp) driven.manager().set_datagram_faults(0.02, 0.05, 0.05);
    Faults faults(driven, id, udp);
    Arrivals arrivals(driven.manager(), id);
    Counts counts;
    const int total = responses();
    for (int number = 0; number < total; ++number) {
        if (number % kBetweenFaults == kBetweenFaults - 1) {
            // Datagrams overtake each other: an answer tells nothing of those before it.
            if (!udp && number / kBetweenFaults % 2 == 0) arrivals.ask();
            faults.one();
        }
        INFO(counts.text() << faults.text() << "\n" << driven.place().log());
        REQUIRE(test::wait_until([&] {
            // A manager sends to those that it hears only; what it sends into a dead connection is lost.
            return arrivals.send(address(number), wazuh4("block3", address(number)));
        }));
        ++counts.sent;
        // Half of them find a link that works; what is sent into one that breaks is lost with it.
        if (number % kBetweenFaults == kBetweenFaults / 2) {
            const std::string last = address(number);
            test::wait_until([&] { return Place::read(driven.place().file("acts")).find(last) != std::string::npos; },
                             3s);
        }
    }
    driven.manager().set_datagram_faults(0, 0, 0);
    INFO(faults.text() << "\n" << driven.place().log());
    REQUIRE(test::wait_until([&] { return driven.is_connected(); }));
    REQUIRE(test::wait_until(
        [&] {
            return driven.riposte().engine_number("in_force") == 0 && driven.riposte().engine_number("running") == 0 &&
                   driven.riposte().engine_number("queued") == 0;
        },
        120s));
    // A datagram that was held back may come when all the others are over.
    test::wait_until(
        [&] {
            counts = Counts{{}, total};
            count(driven, arrivals, counts);
            return counts.vanished == 0 && counts.never_reversed == 0;
        },
        20s);
    CAPTURE(counts.rows);
    MESSAGE((udp ? "udp: " : "tcp: ") << counts.text() << faults.text());
    CHECK(counts.twice == 0);
    CHECK(counts.early == 0);
    CHECK(counts.never_reversed == 0);
    CHECK(counts.vanished == 0);
    // Most of it must have come through, or nothing was tested.
    CHECK(counts.arrived > total / 2);
    CHECK(counts.applied > total / 2);
}

}  // namespace

TEST_CASE("responses over a TCP connection that breaks in every way: each once, each undone, none early") {
    soak(false);
}

TEST_CASE(
    "responses by datagrams that are lost, repeated and overtake each other: each once, each undone, none early") {
    soak(true);
}
