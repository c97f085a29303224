// SPDX-License-Identifier: Apache-2.0
#include "src/cli/service_run.h"

#include "platform/include/file_edit.h"
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "src/config/agent_runner.h"
#include "src/log/log.h"

#include <Poco/Process.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

// How long running executables may take to end by themselves after a stop. The service manager waits longer than this.
constexpr std::chrono::seconds kGrace{20};
constexpr std::size_t kSpareMarks = 4096;
// How long what goes to the logs gathers: a start has better to do than to write of itself.
constexpr std::chrono::milliseconds kLogsGather{5};

Error cannot_serve(const std::string& path, const Error& error) {
    if (error.code != std::errc::address_in_use) return error;
    return failure(
        "another program receives requests at " + path +
        ": the agent's own execd, or a second Riposte. Set <active-response><disabled>yes</disabled></active-response> "
        "in the agent's ossec.conf and restart the agent, or stop the other runner");
}

// The directory of the socket, where no agent has made it. Its parents are made as the system's defaults have it.
Result<void> make_socket_directory(const fs::path& directory) {
    std::error_code error;
    if (fs::exists(directory, error)) return {};
    fs::create_directories(directory, error);
    if (!error) fs::permissions(directory, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
    if (error) return Error{error, "create " + directory.string()};
    return {};
}

void log_findings(const Diagnostics& found) {
    for (const Diagnostic& finding : found) {
        if (finding.severity == Diagnostic::Severity::Error) {
            log().error(finding.text());
        } else if (finding.severity == Diagnostic::Severity::Warning) {
            log().warning(finding.text());
        } else {
            log().information(finding.text());
        }
    }
}

boost::json::value agent_facts(const fs::path& home) {
    const AgentRunner runner = examine_agent_runner(home);
    if (runner.state == AgentRunner::State::Absent) return nullptr;
    return boost::json::object{
        {"fights", runner.state == AgentRunner::State::Fights}, {"text", runner.text}, {"remedy", runner.remedy}};
}

// The parts of the configuration that a manager asks for before it sends responses.
AgentReport answer_facts(const Config& config) {
    AgentReport facts;
    for (const ActiveResponse& response : config.active_responses) {
        // Only a block without a command speaks for all.
        if (!response.command.empty()) continue;
        facts.responses_disabled |= response.disabled;
        if (!response.repeated_offenders.empty()) facts.repeated_offenders = response.repeated_offenders;
    }
    return facts;
}

}  // namespace

Service::Service(Setup setup, bool config_named, const Clock& clock)
    : setup_(std::move(setup)), config_named_(config_named), clock_(clock), started_(clock.boot_time()) {}

Service::~Service() {
    // Its threads call into the engine's hand-over, so it goes before anything else.
    if (execq_) execq_->stop();
    if (control_) control_->close();
    if (managers_) managers_->stop();
    close_link();
}

// ---- start ----

Result<void> Service::start(Intake intake) {
    intake_ = intake;
    if (const Result<void> opened = open_state(); !opened) return opened.error();
    std::vector<RunningMarks::Mark> left;
    const std::size_t capacity = std::size_t{4} * setup_.config.settings.max_running + kSpareMarks;
    Result<std::unique_ptr<RunningMarks>> marks = RunningMarks::open(setup_.state / "running.marks", capacity, left);
    if (!marks) return marks.error();
    marks_ = std::move(*marks);
    if (const Result<void> started = start_engine(left); !started) return started.error();
    if (const Result<void> opened = open_channels(); !opened) return opened.error();
    if (const Result<void> opened = open_link(); !opened) return opened.error();
    signals_.emplace(
        loop_, [this] { stop_asked(); }, [this] { reload(); });
    watchdog_.emplace(loop_);
    events_->emit(0, event::ServiceStarted{RIPOSTE_VERSION, Poco::Process::id(), setup_.home.string()});
    service_ready(greeting());
    return {};
}

Result<void> Service::open_state() {
    if (const Result<void> made = make_private_directory(setup_.state); !made) return made.error();
    Result<InstanceLock> lock = InstanceLock::acquire(setup_.state / "riposte.lock");
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    const Later in_a_moment = [this](std::function<void()> what) {
        const auto timer = std::make_shared<boost::asio::steady_timer>(loop_, kLogsGather);
        timer->async_wait([timer, what = std::move(what)](const boost::system::error_code&) { what(); });
    };
    Result<std::unique_ptr<Events>> events = Events::open(setup_.state / "events.jsonl", clock_, in_a_moment);
    if (!events) return events.error();
    events_ = std::move(*events);
    Result<std::unique_ptr<ResponseLog>> responses =
        ResponseLog::open(response_log_path(setup_.home), clock_, in_a_moment);
    if (!responses) return responses.error();
    responses_ = std::move(*responses);
    Ledger::Opened opened;
    Result<std::unique_ptr<Ledger>> ledger = Ledger::open(loop_, clock_, setup_.state, opened);
    if (!ledger) return ledger.error();
    ledger_ = std::move(*ledger);
    report_opened(opened);
    return {};
}

void Service::report_opened(const Ledger::Opened& opened) {
    if (opened.migrated_from != 0) {
        const std::string from = std::to_string(opened.migrated_from);
        log().notice("the ledger was brought up from schema version " + from);
        events_->emit(0, event::LedgerMigrated{opened.migrated_from});
    }
    if (opened.set_aside.empty()) return;
    log().error("the ledger was damaged: it was moved to " + opened.set_aside + "; " +
                std::to_string(opened.carried_over) + " actions were carried over, " + std::to_string(opened.lost) +
                " are lost. Look there for what may still be in force, and check this machine's disk");
    events_->emit(0, event::LedgerSetAside{opened.set_aside, opened.carried_over, opened.lost});
}

Result<void> Service::start_engine(const std::vector<RunningMarks::Mark>& left) {
    engine_ = std::make_unique<Engine>(
        Engine::Services{loop_, clock_, *ledger_, *marks_, *events_, *responses_, setup_.home}, setup_.config);
    managers_ = std::make_shared<ManagerAddresses>(
        loop_, [this](std::vector<std::string> addresses) { engine_->protect_managers(std::move(addresses)); });
    resolve_managers();
    return engine_->start(left);
}

void Service::resolve_managers() {
    std::vector<std::string> names = agent_managers(agent_config_path(setup_.home));
    if (setup_.config.settings.manager) {
        for (const auto& server : setup_.config.settings.manager->servers) names.push_back(server.address);
    }
    managers_->resolve(names);
}

Result<void> Service::open_channels() {
    ActivatedSockets activated = take_activated_sockets();
    if (const Result<void> opened = open_control(activated); !opened) return opened.error();
    execq_ = std::make_unique<ExecqChannel>(loop_, [this](const Incoming& message) { engine_->submit(message); });
    return intake_ == Intake::Everything ? open_requests(activated.execq) : Result<void>();
}

Result<void> Service::open_requests(const std::vector<int>& activated) {
    for (const int descriptor : activated) {
        Result<RequestSocket> socket = RequestSocket::adopt(descriptor);
        if (!socket) return socket.error();
        execq_->add(std::move(*socket));
    }
    if (!activated.empty()) return {};
    for (const fs::path& path : execq_paths(setup_.home)) {
        if (const Result<void> opened = open_execq(path); !opened) return opened.error();
    }
    return {};
}

Result<void> Service::open_execq(const fs::path& path) {
    if (const Result<void> made = make_socket_directory(path.parent_path()); !made) return made.error();
    Result<RequestSocket> socket = RequestSocket::open(path);
    if (!socket) return cannot_serve(path.string(), socket.error());
    execq_->add(std::move(*socket));
    return {};
}

Result<void> Service::open_control(const ActivatedSockets& activated) {
    control_ = std::make_unique<ControlServer>(ControlServer::Services{
        loop_, clock_, *engine_, *ledger_, *events_, [this] { return facts(); }, [this] { return reload(); }});
    const auto accept = [this](std::shared_ptr<ControlConnection> connection) {
        control_->accept(std::move(connection));
    };
    for (const int descriptor : activated.control) {
        Result<std::unique_ptr<ControlListener>> listener = ControlListener::adopt(loop_, descriptor, accept);
        if (!listener) return listener.error();
        listeners_.push_back(std::move(*listener));
    }
    if (!listeners_.empty()) return {};
    const std::string endpoint = control_endpoint(setup_.state);
    Result<std::unique_ptr<ControlListener>> listener =
        ControlListener::open(loop_, endpoint, setup_.config.settings.control_group, accept);
    if (!listener) return listener.error();
    listeners_.push_back(std::move(*listener));
    return {};
}

// ---- the link ----

Result<void> Service::open_link() {
    const Settings& settings = setup_.config.settings;
    if (!settings.manager || intake_ != Intake::Everything) return {};
    Link::Services services{loop_, clock_, setup_.state, {}, {}, {}, {}, {}};
    services.core = link_core();
    services.take_ar_conf = [this](const std::string& text) { take_ar_conf(text); };
    services.reload = [this] { reload(); };
    services.facts = [this] { return answer_facts(setup_.config); };
    services.emit = [this](event::LinkChanged change) { events_->emit(0, std::move(change)); };
    Result<std::unique_ptr<Link>> link = Link::open(std::move(services), *settings.manager, settings.stale_after);
    if (!link) return link.error();
    link_ = std::move(*link);
    responses_->set_listener(
        [this](const Action& action, Verb verb, const Outcome& outcome) { link_->report(action, verb, outcome); });
    link_events_ = events_->subscribe([this](const Event& event) { link_->report(event); });
    link_->start();
    return {};
}

RequestInbox::Core Service::link_core() {
    RequestInbox::Core core;
    core.reserve_id = [this] { return engine_->reserve_id(); };
    core.submit = [this](const KeptRequest& request, std::function<void()> settled) {
        if (!engine_->has_room()) return false;
        engine_->submit({request.body, request.body.size(), "link", request.id}, std::move(settled));
        return true;
    };
    core.is_recorded = [this](ActionId id, std::function<void(std::optional<bool>)> done) {
        Ledger::Query query;
        query.id = id;
        ledger_->query(query, [done = std::move(done)](const Result<std::vector<Action>>& found) {
            done(found ? std::optional<bool>(!found->empty()) : std::nullopt);
        });
    };
    return core;
}

void Service::close_link() {
    if (!link_) return;
    responses_->set_listener(nullptr);
    link_events_.reset();
    link_->stop();
    link_.reset();
}

// The manager's list of what it may ask for. Put in place in one step; requests see all of the new one or none.
void Service::take_ar_conf(const std::string& text) {
    const fs::path file = ar_conf_path(setup_.home);
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    const Result<bool> changed = error ? Result<bool>(Error{error, "create " + file.parent_path().string()})
                                       : edit_file(file, [&](const std::string&) { return text; });
    if (!changed) {
        log().error(changed.error().text() + "; responses that the manager has added stay unknown");
        return;
    }
    if (!*changed) return;
    engine_->reconfigure(setup_.config);
    log().information("the manager's list of responses was put into " + file.string());
    events_->emit(0, event::ArConfTaken{file.string(), text.size()});
}

std::string Service::greeting() const {
    const std::size_t commands = engine_->commands().size();
    const std::size_t actions = engine_->status().in_force;
    return "riposte " RIPOSTE_VERSION " serving " + setup_.home.string() + ", " + std::to_string(commands) +
           (commands == 1 ? " command, " : " commands, ") + std::to_string(actions) +
           (actions == 1 ? " action" : " actions") + " in force";
}

// ---- run ----

void Service::run() {
    const auto work = boost::asio::make_work_guard(loop_);
    loop_.run();
}

void Service::ask_to_stop() {
    boost::asio::post(loop_, [this] { stop_asked(); });
}

void Service::stop_asked() {
    const bool again = std::exchange(stopping_, true);
    if (!again) {
        log().information("stopping: requests are not taken any more, what runs may end");
        service_stopping("ending what runs");
        managers_->stop();
        execq_->stop();
        listeners_.clear();
        // Results of reversals that this stop causes reach the manager after the next start.
        if (link_) link_->stop();
    } else {
        log().information("stopping at once: what runs is ended");
    }
    engine_->stop(again ? std::chrono::seconds(0) : kGrace, [this] { stopped(); });
}

void Service::stopped() {
    if (loop_.stopped()) return;
    events_->emit(0, event::ServiceStopped{RIPOSTE_VERSION, Poco::Process::id(), engine_->status().in_force});
    control_->close();
    // The connections write their last answers before the loop ends.
    boost::asio::post(loop_, [this] { loop_.stop(); });
}

event::ConfigReloaded Service::reload() {
    service_reloading();
    Setup fresh;
    fresh.config_file = setup_.config_file;
    fresh.home = setup_.home;
    fresh.state = setup_.state;
    reload_setup(fresh, config_named_);
    if (fresh.config_exists) {
        const Result<void> trusted = check_trusted_file(fresh.config_file);
        if (!trusted)
            fresh.found.push_back({Diagnostic::Severity::Error, fresh.config_file.string(), 0, trusted.error().text()});
    }
    log_findings(fresh.found);
    const bool usable = !has_errors(fresh.found);
    event::ConfigReloaded result{usable, fresh.found};
    if (usable) {
        const bool relink = fresh.config.settings.manager != setup_.config.settings.manager;
        setup_ = std::move(fresh);
        engine_->reconfigure(setup_.config);
        resolve_managers();
        if (relink && !stopping_) {
            close_link();
            if (const Result<void> opened = open_link(); !opened) log().error(opened.error().text());
        }
        log().information("the configuration was reloaded");
    } else {
        log().error("the configuration was not reloaded: the running one stays in force until " +
                    setup_.config_file.string() + " is corrected");
    }
    events_->emit(0, result);
    service_ready(greeting());
    return result;
}

boost::json::object Service::facts() const {
    const auto count = [this](Diagnostic::Severity severity) {
        return std::count_if(setup_.found.begin(), setup_.found.end(),
                             [severity](const Diagnostic& finding) { return finding.severity == severity; });
    };
    const ExecqChannel::Counts execq = execq_ ? execq_->counts() : ExecqChannel::Counts{};
    return {{"version", RIPOSTE_VERSION},
            {"pid", Poco::Process::id()},
            {"uptime_ms", (clock_.boot_time() - started_).count()},
            {"stopping", stopping_},
            {"home", setup_.home.string()},
            {"state", setup_.state.string()},
            {"config", setup_.config_exists ? setup_.config_file.string() : std::string()},
            {"bin", bin_directory(setup_.home).string()},
            {"response_log", response_log_path(setup_.home).string()},
            {"control", control_endpoint(setup_.state)},
            {"warnings", count(Diagnostic::Severity::Warning)},
            {"notices", count(Diagnostic::Severity::Notice)},
            {"execq", {{"received", execq.received}, {"empty", execq.empty}, {"waiting", execq.waiting}}},
            {"agent", agent_facts(setup_.home)},
            {"link", link_ ? boost::json::value(link_->status()) : boost::json::value(nullptr)}};
}

}  // namespace riposte
