// SPDX-License-Identifier: Apache-2.0
// The runner: takes messages in, runs executables, keeps what is in force, and undoes it when its time is over. One
// object on the loop's thread owns all of it; every call below is made there and returns at once.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/event_loop.h"
#include "platform/include/result.h"
#include "src/action/refusal.h"
#include "src/config/config.h"
#include "src/ledger/ledger.h"
#include "src/ledger/running_marks.h"
#include "src/log/events.h"
#include "src/log/response_log.h"

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

// A message as it came in.
struct Incoming {
    std::string bytes;
    std::size_t sent_size = 0;  // larger than bytes.size() if the channel cut it; such a message is refused
    std::string channel;        // "execq", "control", "link"
    ActionId id = 0;            // what reserve_id() gave for it; 0: the next one
};

class Engine {
  public:
    // The decision on a request. An admitted one may still be refused later, by an event: its executable names a
    // protected key, or the ledger cannot record it.
    struct Verdict {
        ActionId id = 0;
        std::optional<Refusal> refusal;  // nothing: it is going to run, or was a dry run
    };
    struct Status {
        std::size_t running = 0, queued = 0, in_force = 0, retrying = 0;
        std::optional<BootTime> next_due;
        // Since `since`:
        std::uint64_t received = 0, applied = 0, failed = 0, reversed = 0, reverse_failed = 0, repeats = 0;
        std::map<RefusalReason, std::uint64_t> refused;
        WallTime since;
    };

    struct Services {
        boost::asio::io_context& loop;
        const Clock& clock;
        Ledger& ledger;
        RunningMarks& marks;
        Events& events;
        ResponseLog& responses;
        std::filesystem::path home;
    };
    Engine(const Services& services, Config config);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Takes over from an earlier run, before the first submit(): arms what is in force, runs or refuses what was
    // recorded and not told. Error: the ledger cannot be read.
    Result<void> start(const std::vector<RunningMarks::Mark>& left);

    // Decodes, admits and runs, or refuses. The action's first event is Received; that one and those of a refusal are
    // emitted before this returns. A limit emits one event a minute for the requests that it refuses.
    // `settled` is called once the request is in the ledger, synced, or refused: whoever kept it may forget it.
    Verdict submit(const Incoming& incoming, std::function<void()> settled = {});
    // An id for a request that is kept elsewhere until it is submitted, so that it can be told after a crash whether
    // the ledger has it.
    ActionId reserve_id();

    // False while submit() would refuse a request only because the queue is full. A channel whose sender can wait asks
    // again in a moment.
    bool has_room() const;

    // ---- for operators ----

    // Starts the reversal now; events tell how it goes (Reversing, then Reversed or Retrying). One that is still being
    // applied is reversed as soon as that is over; one that still waits to be run is dropped (Finished, NotStarted).
    // Error: no such action in force.
    Result<void> undo(ActionId id);
    // Moves the due time by that much (negative: earlier, at the earliest now). Returns the new one.
    Result<Due> extend(ActionId id, std::chrono::milliseconds by);
    // Gives the reversal up: the action stays as it is and is forgotten.
    Result<void> abandon(ActionId id);

    // Takes a new configuration for requests from now on; what is running or in force keeps its own.
    void reconfigure(Config config);
    // Names and addresses of managers, resolved by the caller, which no response may act on.
    void protect_managers(std::vector<std::string> addresses);

    // Refuses nothing and starts nothing new; what runs may end within `grace`, then is ended. on_stop `reverse`
    // then undoes all that is in force (one try each). Calls `stopped` when everything is over and recorded.
    void stop(std::chrono::milliseconds grace, std::function<void()> stopped);

    Status status() const;
    // One object per name that can be asked for:
    // {"name","command","executable","timeout_s","path","present":bool,"trusted":bool,"problem":"why not",
    //  "source":"ar.conf|local","disabled":bool,"dialect"?}
    boost::json::array commands() const;
    // The same with each executable asked whether it has what it needs (command_check.h), if it answers questions.
    // `done` is called later. Keep what is returned until then; destroying it gives the questions up.
    std::shared_ptr<void> check_commands(std::function<void(boost::json::array)> done);
    // The state of an action right now, where memory knows more than the ledger: "queued", "running", "reversing",
    // or "".
    std::string live_state(ActionId id) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace riposte
