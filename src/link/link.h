// SPDX-License-Identifier: Apache-2.0
// The link to a manager: enrols with it, stays connected, hands its requests to the core, and reports their results to
// it, except over HTTPS. One object on the loop's thread. State that must survive the process is in STATE/link.db.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/event_loop.h"
#include "platform/include/result.h"
#include "src/action/event.h"
#include "src/config/config.h"
#include "src/link/answers.h"
#include "src/link/request_inbox.h"

#include <boost/json/fwd.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace riposte {

class Link {
  public:
    struct Services {
        boost::asio::io_context& loop;
        const Clock& clock;
        std::filesystem::path state;
        RequestInbox::Core core;
        // The manager's ar.conf has come.
        std::function<void(const std::string& text)> take_ar_conf;
        std::function<void()> reload;
        // Whether responses are enabled, and for whom they last longer.
        std::function<AgentReport()> facts;
        // A change of the link's state, for the event log.
        std::function<void(event::LinkChanged change)> emit;
    };
    // Opens the store. Errors: it cannot be opened, or the settings name files that cannot be read.
    static Result<std::unique_ptr<Link>> open(Services services, const ManagerSettings& settings,
                                              std::chrono::milliseconds stale_after);
    virtual ~Link() = default;

    virtual void start() = 0;
    // Says goodbye to the manager; nothing is handed over from then on.
    virtual void stop() = 0;

    // One execution that ended; the manager is told now, or when it is there again.
    virtual void report(const Action& action, Verb verb, const Outcome& outcome) = 0;
    // An event of the event log, of the kinds that a manager wants to know of; others are left out.
    virtual void report(const Event& event) = 0;

    // {"state":"connected","manager":"m.example port 1514","transport":"tcp","kind":"wazuh4","agent":"001 web01",
    //  "since_wall_ms","last_ack_wall_ms","requests","received","sent","results_waiting","results_lost",
    //  "problem":"..."}; state: "enrolling", "connecting", "connected", "waiting".
    virtual boost::json::object status() const = 0;
};

}  // namespace riposte
