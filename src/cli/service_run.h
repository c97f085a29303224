// SPDX-License-Identifier: Apache-2.0
// The service: everything that `riposte serve` puts together, from the first check to the last event.
#pragma once

#include "platform/include/endpoint.h"
#include "platform/include/service.h"
#include "src/channel/control.h"
#include "src/channel/execq.h"
#include "src/cli/managers.h"
#include "src/cli/places.h"
#include "src/ledger/ledger.h"
#include "src/ledger/running_marks.h"
#include "src/link/link.h"
#include "src/log/events.h"
#include "src/log/response_log.h"
#include "src/run/engine.h"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

class Service {
  public:
    // `setup` has no errors. `config_named`: a configuration that is gone at a reload is an error then.
    Service(Setup setup, bool config_named, const Clock& clock);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Where requests come from: the agent's socket, a manager and the command line, or the command line alone.
    enum class Intake { Everything, CommandLine };
    // Opens everything and takes over from an earlier run. After an Error nothing of it is in use.
    Result<void> start(Intake intake = Intake::Everything);
    // "riposte 0.1.0 serving HOME, 3 commands, 2 actions in force".
    std::string greeting() const;
    // Returns when the service was asked to stop and everything is over and recorded.
    void run();
    // As the service manager's request to stop does; from any thread.
    void ask_to_stop();

  private:
    Result<void> open_state();
    void report_opened(const Ledger::Opened& opened);
    Result<void> start_engine(const std::vector<RunningMarks::Mark>& left);
    Result<void> open_channels();
    Result<void> open_requests(const std::vector<int>& activated);
    Result<void> open_execq(const std::filesystem::path& path);
    Result<void> open_control(const ActivatedSockets& activated);
    void resolve_managers();
    Result<void> open_link();
    RequestInbox::Core link_core();
    void close_link();
    void take_ar_conf(const std::string& text);

    void stop_asked();
    void stopped();
    event::ConfigReloaded reload();
    boost::json::object facts() const;

    Setup setup_;
    const bool config_named_;
    const Clock& clock_;
    const BootTime started_;
    Intake intake_ = Intake::Everything;
    boost::asio::io_context loop_{1};
    std::optional<InstanceLock> lock_;
    std::unique_ptr<Events> events_;
    std::unique_ptr<ResponseLog> responses_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<RunningMarks> marks_;
    std::unique_ptr<Engine> engine_;
    std::shared_ptr<ManagerAddresses> managers_;
    std::unique_ptr<ControlServer> control_;
    std::vector<std::unique_ptr<ControlListener>> listeners_;
    std::unique_ptr<ExecqChannel> execq_;
    std::unique_ptr<Link> link_;
    Events::Subscription link_events_;
    std::optional<ServiceSignals> signals_;
    std::optional<ServiceWatchdog> watchdog_;
    bool stopping_ = false;
};

}  // namespace riposte
