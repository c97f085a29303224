// SPDX-License-Identifier: Apache-2.0
// Killed with SIGKILL at every step and at any moment, Riposte keeps its promises: what took effect is undone at or
// after its time, nothing is applied twice, and no request that was recorded vanishes.
#include "tests/service/service_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kStateless = 0;

// Each address is asked for once: it names the request.
using Requests = std::map<std::string, std::int64_t>;  // address -> timeout in ms

std::string message_for(const std::string& address, std::int64_t timeout_ms) {
    return timeout_ms == kStateless ? wazuh4("note0", address)
                                    : wazuh4("block" + std::to_string(timeout_ms / 1000), address);
}

std::string configuration() {
    return command("block", "block") + command("note", "note", false);
}

void add_executables(const Place& place) {
    // The pauses leave time for a kill while it asks and before it acts.
    place.add("block", "read-line sleep-ms 2 keys-from-srcip read-answer sleep-ms 2 " + place.act() + " sleep-ms 2");
    place.add("note", "read-line sleep-ms 2 " + place.act());
}

struct Tally {
    int requests = 0, recorded = 0, applied = 0, reversed = 0, lost = 0, early = 0, twice = 0, not_reversed = 0,
        vanished = 0, unrecorded = 0;

    std::string text() const {
        const auto part = [](const char* what, int count) { return std::string(what) + " " + std::to_string(count); };
        return part("requests", requests) + ", " + part("recorded", recorded) + ", " + part("applied", applied) + ", " +
               part("reversed", reversed) + ", " + part("lost", lost) + ", " + part("early", early) + ", " +
               part("twice", twice) + ", " + part("never reversed", not_reversed) + ", " + part("vanished", vanished) +
               ", " + part("applied without a record", unrecorded);
    }
};

// The traces that one request left outside the service: acts of its executable, its row of the history, events.
struct Traces {
    std::vector<std::int64_t> adds, deletes;
    bool recorded = false;
    bool told_lost = false;  // history or the event log says that it was lost or too old
};

std::map<std::string, Traces> collect(const Place& place, const Riposte& riposte, std::string& open_rows) {
    std::map<std::string, Traces> traces;
    for (const Act& act : place.acts()) {
        Traces& of = traces[act.address];
        (act.verb == "add" ? of.adds : of.deletes).push_back(act.wall_ms);
    }
    std::set<std::int64_t> lost;
    for (const auto& event : place.events()) {
        const std::string kind = text(event, "event");
        if (kind == "lost" || kind == "stale") lost.insert(number(event, "action"));
    }
    for (const auto& row : riposte.history()) {
        Traces& of = traces[text(row, "srcip")];
        of.recorded = true;
        const std::string outcome = text(row, "apply", "outcome");
        of.told_lost = outcome == "lost" || outcome == "stale" || lost.contains(number(row, "id"));
        if (text(row, "state") != "done") open_rows += text(row, "srcip") + " is " + text(row, "state") + "\n";
    }
    return traces;
}

void count(Tally& tally, const Traces& of, std::int64_t timeout) {
    ++tally.requests;
    tally.recorded += of.recorded;
    tally.applied += !of.adds.empty();
    tally.twice += of.adds.size() > 1;
    tally.unrecorded += !of.recorded && !(of.adds.empty() && of.deletes.empty());
    if (of.recorded && of.adds.empty()) {
        ++tally.lost;
        tally.vanished += !of.told_lost;
    }
    if (timeout == kStateless || of.adds.empty()) return;
    const std::int64_t due = of.adds.back() + timeout;
    tally.reversed += std::any_of(of.deletes.begin(), of.deletes.end(), [&](auto at) { return at >= due; });
    tally.not_reversed += std::none_of(of.deletes.begin(), of.deletes.end(), [&](auto at) { return at >= due; });
    tally.early += std::any_of(of.deletes.begin(), of.deletes.end(), [&](auto at) { return at < due; });
}

std::string traces_text(const std::string& address, const Traces& of) {
    std::string all = address + (of.recorded ? " recorded" : " unrecorded");
    for (const auto at : of.adds) all += " add@" + std::to_string(at);
    for (const auto at : of.deletes) all += " delete@" + std::to_string(at);
    return all + "\n";
}

bool is_settled(const Riposte& riposte) {
    if (!riposte.pending().empty()) return false;
    const auto engine = riposte.status().at("engine").as_object();
    return number(engine, "running") + number(engine, "queued") + number(engine, "in_force") == 0;
}

// With the service running and everything over.
Tally check_promises(const Place& place, const Riposte& riposte, const Requests& requests) {
    Tally tally;
    std::string open_rows;
    auto traces = collect(place, riposte, open_rows);
    std::string story;
    for (const auto& [address, timeout] : requests) {
        Tally alone;
        count(alone, traces[address], timeout);
        count(tally, traces[address], timeout);
        if (alone.early + alone.twice + alone.not_reversed + alone.vanished + alone.unrecorded > 0)
            story += traces_text(address, traces[address]);
    }
    INFO(story);
    CHECK(open_rows.empty());
    CHECK(tally.twice == 0);
    CHECK(tally.early == 0);
    CHECK(tally.not_reversed == 0);
    CHECK(tally.vanished == 0);
    CHECK(tally.unrecorded == 0);
    return tally;
}

// ---- at each step ----

// The steps as src/run names them, in the order of an action's life; ":N" is the N-th time it is reached.
constexpr const char* kSteps[] = {"received",
                                  "received:3",
                                  "planned",
                                  "admit_asked",
                                  "admit_asked:2",
                                  "before_spawn",
                                  "before_spawn:2",
                                  "before_spawn:4",
                                  "spawned",
                                  "spawned:3",
                                  "spawned:4",
                                  "recorded",
                                  "recorded:3",
                                  "before_mark",
                                  "before_mark:2",
                                  "marked",
                                  "marked:2",
                                  "told",
                                  "told:3",
                                  "told:4",
                                  "keys_named",
                                  "keys_named:2",
                                  "lane_taken",
                                  "before_in_force",
                                  "in_force_asked",
                                  "in_force_asked:2",
                                  "before_answer",
                                  "answered",
                                  "answered:2",
                                  "ended",
                                  "ended:3",
                                  "before_finish",
                                  "finish_asked",
                                  "finish_recorded",
                                  "armed",
                                  "armed:2",
                                  "before_close",
                                  "due",
                                  "loading",
                                  "loaded",
                                  "before_reverse",
                                  "before_reverse:2",
                                  "reverse_ended",
                                  "ended:4",
                                  "reverse_recorded",
                                  "reversed",
                                  "reversed:2"};

struct Killed {
    std::string step;
    Place place;
    std::unique_ptr<Riposte> riposte;
    Requests requests;
};

void begin(Killed& one) {
    add_executables(one.place);
    one.riposte = std::make_unique<Riposte>(one.place, configuration(),
                                            std::vector<std::string>{"RIPOSTE_KILL_AT=" + one.step}, RIPOSTE_HOOKED);
    one.riposte->start();
    Sender sender(one.place.home(), one.place.state());
    for (const auto& [address, timeout] :
         {std::pair(address(1), std::int64_t{2000}), std::pair(address(2), std::int64_t{1000}),
          std::pair(address(3), kStateless)}) {
        one.requests[address] = timeout;
        // It may be gone already.
        sender.send(message_for(address, timeout));
    }
}

void check_killed(Killed& one) {
    CAPTURE(one.step);
    const int end = one.riposte->wait_for_end();
    REQUIRE_MESSAGE(end != kStillRuns, "the step was never reached");
    REQUIRE(end == kKilled);
    one.riposte->set_environment({});
    one.riposte->launch();
}

Tally check_recovered(Killed& one) {
    CAPTURE(one.step);
    REQUIRE_MESSAGE(riposte::test::wait_until([&] { return one.riposte->answers(); }), one.place.log());
    REQUIRE_MESSAGE(riposte::test::wait_until([&] { return is_settled(*one.riposte); }), one.place.log());
    return check_promises(one.place, *one.riposte, one.requests);
}

// ---- at any moment ----

int kills_wanted() {
    constexpr int kDefault = 200;
    const char* text = std::getenv("RIPOSTE_CRASH_KILLS");
    const int kills = text == nullptr ? 0 : static_cast<int>(std::strtol(text, nullptr, 10));
    return kills > 0 ? kills : kDefault;
}

class Load {
  public:
    explicit Load(const Place& place) : place_(place) {}

    // Sends up to three requests as soon as they are taken, until the moment comes. The moment counts from the start of
    // the process, or from the first request that it took.
    void send_until(Milliseconds moment, bool from_first_request) {
        Sender sender(place_.home(), place_.state());
        int sent = 0;
        auto end = std::chrono::steady_clock::now() + (from_first_request ? Milliseconds(10'000) : moment);
        riposte::test::wait_until(
            [&] {
                if (sent < 3 && send_one(sender) && ++sent == 1 && from_first_request)
                    end = std::chrono::steady_clock::now() + moment;
                return std::chrono::steady_clock::now() >= end;
            },
            11s);
    }
    const Requests& requests() const { return requests_; }

  private:
    bool send_one(Sender& sender) {
        const int number = static_cast<int>(requests_.size());
        const std::int64_t timeout = number % 5 == 4 ? kStateless : 1000 + 1000 * (number % 2);
        const std::string target = address(number);
        if (!sender.send(message_for(target, timeout))) return false;
        requests_[target] = timeout;
        return true;
    }

    const Place& place_;
    Requests requests_;
};

}  // namespace

TEST_CASE("killed at each step of an action's life, it undoes what was done and does nothing twice") {
    constexpr std::size_t kAtOnce = 8;
    Tally all;
    int recorded = 0;
    for (std::size_t first = 0; first < std::size(kSteps); first += kAtOnce) {
        std::vector<std::unique_ptr<Killed>> batch;
        for (std::size_t i = first; i < std::min(first + kAtOnce, std::size(kSteps)); ++i) {
            batch.push_back(std::make_unique<Killed>());
            batch.back()->step = kSteps[i];
            begin(*batch.back());
        }
        for (const auto& one : batch) check_killed(*one);
        for (const auto& one : batch) {
            const Tally tally = check_recovered(*one);
            recorded += tally.recorded;
            all.applied += tally.applied;
            all.reversed += tally.reversed;
            all.lost += tally.lost;
        }
    }
    MESSAGE(std::size(kSteps) << " kills at a step: of " << 3 * std::size(kSteps) << " requests " << recorded
                              << " were recorded, " << all.applied << " applied, " << all.reversed << " reversed, "
                              << all.lost << " lost and said so");
    CHECK(all.applied > static_cast<int>(std::size(kSteps)));
}

TEST_CASE("killed at any moment, again and again, it undoes what was done and does nothing twice") {
    const int kills = kills_wanted();
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> of_start(5, static_cast<int>(kStartTakes.count()));
    std::uniform_int_distribution<int> of_work(5, 150);
    Place place;
    add_executables(place);
    Riposte riposte(place, configuration());
    Load load(place);
    for (int kill = 0; kill < kills; ++kill) {
        riposte.launch();
        const bool works = kill % 2 == 0;
        load.send_until(Milliseconds(works ? of_work(random) : of_start(random)), works);
        REQUIRE_MESSAGE(riposte.kill9() == kKilled, place.log());
    }
    riposte.start();
    REQUIRE_MESSAGE(riposte::test::wait_until([&] { return is_settled(riposte); }, 60s), place.log());
    const Tally tally = check_promises(place, riposte, load.requests());
    MESSAGE(kills << " kills at any moment: " << tally.text());
    CHECK(tally.requests >= kills);
    CHECK(tally.applied > tally.requests / 4);
}
