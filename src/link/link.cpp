// SPDX-License-Identifier: Apache-2.0
#include "src/link/link.h"

#include "platform/include/file_edit.h"
#include "platform/include/host.h"
#include "platform/include/utf8_path.h"
#include "src/alive.h"
#include "src/backoff.h"
#include "src/link/enrolment.h"
#include "src/link/https_session.h"
#include "src/link/random.h"
#include "src/link/request_inbox.h"
#include "src/link/result_outbox.h"
#include "src/link/result_text.h"
#include "src/link/session.h"
#include "src/link/store.h"
#include "src/link/targets.h"
#include "src/log/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kNoKeyPause{30};
constexpr milliseconds kAskedPause{250};
// A manager that restarts is to be found again within seconds; one that is gone for long is tried less often.
constexpr Backoff kReconnect{milliseconds(500), seconds(4)};
constexpr Backoff kReconnectAfterLong{milliseconds(500), seconds(30)};
constexpr std::chrono::minutes kGoneForLong{10};
constexpr Backoff kEnrolment{seconds(5), std::chrono::minutes(5)};
// A manager takes up to a minute to take back an agent whose connection broke, and a new key is known to it only after
// some seconds. One that still drops us then does not know the key.
constexpr seconds kKeyIsBadAfter{150};
constexpr std::chrono::minutes kBetweenReenrolments{10};
constexpr std::size_t kMaxEventText = 60'000;
constexpr std::size_t kMaxOssecEventText = 5'500;
// Refused messages are told once in a while: who sends them may send many.
constexpr seconds kBetweenComplaints{60};
// So is a manager that stays away.
constexpr std::chrono::minutes kBetweenReminders{10};

class ManagerLink final : public Link, public ManagerSession::Owner {
  public:
    ManagerLink(Services services, ManagerSettings settings, milliseconds stale_after, std::unique_ptr<LinkStore> store)
        : services_(std::move(services)),
          settings_(std::move(settings)),
          stale_after_(stale_after),
          store_(std::move(store)),
          key_file_(services_.state / utf8_path(settings_.keys)),
          host_(host_system()),
          targets_(make_targets(settings_)),
          timer_(services_.loop),
          requests_(
              services_.loop, services_.clock, *store_, services_.core, stale_after, [this] { continue_reading(); },
              [this](const std::string& text) { refused(text); }),
          results_(services_.loop, *store_, [this](const std::string& text) { refused(text); }) {
        for (const Target& target : targets_) guesses_.emplace_back(settings_, target.carrier);
        kind_ = settings_.kind == "ossec"    ? ManagerKind::Ossec
                : settings_.kind == "wazuh5" ? ManagerKind::Wazuh5
                                             : ManagerKind::Wazuh4;
    }
    ~ManagerLink() override {
        if (enrolment_) enrolment_->cancel();
    }

    void start() override {
        disconnected_since_ = services_.clock.boot_time();
        requests_.start();
        begin();
    }
    void stop() override;
    void report(const Action& action, Verb verb, const Outcome& outcome) override;
    void report(const Event& event) override;
    boost::json::object status() const override;

  private:
    enum class State { Waiting, Enrolling, Connecting, Connected };

    // ---- to a session ----
    void begin();
    void enrol();
    EnrolmentOptions enrolment_plan() const;
    void enrolled(Result<AgentKey> key);
    void connect();
    void connect_https(const Target& target);
    void session_ended(const SessionEnd& end);
    void wait_then(milliseconds pause, void (ManagerLink::*next)());
    milliseconds next_pause();
    bool key_seems_bad(const SessionEnd& end);
    void set_state(State state);
    void out_of_reach(State state, std::string problem);
    void continue_reading();

    // ---- ManagerSession::Owner ----
    void session_up(ManagerKind kind) override;
    void session_over(const SessionEnd& end) override;
    KeptRequest number_request(std::string_view body) override { return requests_.number(body); }
    bool take_request(KeptRequest request) override { return requests_.take(std::move(request)); }
    void take_ar_conf(const std::string& text) override { services_.take_ar_conf(text); }
    AgentReport facts() override;
    void do_asked(const RequestAnswer& answer) override;
    std::string host_description() override;
    std::string& merged_md5() override { return merged_md5_; }
    void delivered(std::int64_t event_id) override { results_.confirmed(event_id); }
    void replay_refused(CounterPair pair) override;
    void refused(const std::string& text) override;

    void keep(std::string_view location, const std::string& text);
    // Results have no way back over HTTPS, and waiting for another channel would be in vain.
    bool has_way_back() const;
    const ManagerSession::Facts* session_facts() const;

    const Services services_;
    const ManagerSettings settings_;
    const milliseconds stale_after_;
    const std::unique_ptr<LinkStore> store_;
    const fs::path key_file_;
    const HostSystem host_;
    const std::vector<Target> targets_;
    std::vector<ProtocolGuess> guesses_;
    std::size_t target_ = 0;
    boost::asio::steady_timer timer_;
    RequestInbox requests_;
    ResultOutbox results_;
    std::optional<AgentKey> key_;
    std::shared_ptr<Enrolment> enrolment_;
    std::unique_ptr<ManagerSession> session_;
    std::unique_ptr<HttpsSession> https_;
    State state_ = State::Waiting;
    std::string problem_;
    ManagerKind kind_ = ManagerKind::Wazuh4;
    std::string merged_md5_;
    bool is_stopped_ = false;
    int failures_ = 0;            // since it was connected last
    int enrolment_failures_ = 0;  // since it had a key
    BootTime disconnected_since_;
    std::optional<BootTime> dropped_since_, reenrolled_;
    WallTime state_since_;
    std::optional<BootTime> reminded_;  // that there is no connection; nothing: not since there was one
    ManagerSession::Facts earlier_;     // counts of sessions that are over
    std::optional<BootTime> complained_;
    std::uint64_t complaints_ = 0;
    Alive alive_;
};

// ---- to a session ----

constexpr std::array<const char*, 4> kStateNames{"waiting", "enrolling", "connecting", "connected"};

void ManagerLink::set_state(State state) {
    if (state != state_) state_since_ = services_.clock.wall_time();
    state_ = state;
}

void ManagerLink::out_of_reach(State state, std::string problem) {
    set_state(state);
    problem_ = std::move(problem);
    // It is tried again every few seconds, and said once in a while.
    const BootTime now = services_.clock.boot_time();
    if (reminded_ && now - *reminded_ < kBetweenReminders) return;
    reminded_ = now;
    services_.emit({kStateNames[static_cast<std::size_t>(state)], {}, {}, problem_});
    log().warning("no connection to a manager: " + problem_);
}

void ManagerLink::begin() {
    if (is_stopped_) return;
    Result<AgentKey> key = load_agent_key(key_file_);
    if (key) {
        key_ = std::move(*key);
        return connect();
    }
    key_.reset();
    const bool is_missing = key.error().code == std::errc::no_such_file_or_directory;
    if (!is_missing) log().error(key.error().text());
    if (settings_.enrollment.enabled) return enrol();
    out_of_reach(State::Waiting, "there is no agent key in " + key_file_.string() +
                                     ", and <enrollment> is not enabled: run riposte enroll");
    wait_then(kNoKeyPause, &ManagerLink::begin);
}

EnrolmentOptions ManagerLink::enrolment_plan() const {
    const Target& target = targets_[target_ % targets_.size()];
    EnrolmentOptions plan;
    plan.host = target.host;
    // Over HTTPS the same port takes both; the classic exchange is there too, unless the administrator closed it.
    plan.https = target.carrier == Carrier::Https && enrolment_failures_ % 2 == 1;
    plan.port = plan.https ? target.port : settings_.enrollment.port;
    plan.tls = tls_settings(settings_, services_.state);
    plan.request = enrol_request(settings_, host_.name, key_);
    return plan;
}

void ManagerLink::enrol() {
    set_state(State::Enrolling);
    EnrolmentOptions plan = enrolment_plan();
    Result<Secret> password = read_enrolment_password(settings_, services_.state);
    if (!password) return enrolled(password.error());
    plan.request.password = std::move(*password);
    enrolment_ = Enrolment::start(services_.loop, plan, [this](Result<AgentKey> key) {
        // It is not to be destroyed by what it calls.
        boost::asio::post(services_.loop, alive_.guard([this, key = std::move(key)]() mutable {
            if (is_stopped_) return;
            enrolment_.reset();
            enrolled(std::move(key));
        }));
    });
}

void ManagerLink::enrolled(Result<AgentKey> key) {
    Result<void> done;
    if (key) {
        done = store_agent_key(key_file_, *key);
        if (done) done = store_->forget_received();
    } else {
        done = key.error();
    }
    if (done) {
        enrolment_failures_ = 0;
        failures_ = 0;
        log().notice("enrolled as " + key->id + " " + key->name);
        return begin();
    }
    // The next server may be the one that enrols. A key that there is goes on being tried meanwhile.
    if (key_) return connect();
    ++target_;
    const milliseconds pause = kEnrolment.pause_after(++enrolment_failures_);
    out_of_reach(State::Waiting, "cannot enrol: " + done.error().text());
    wait_then(pause, &ManagerLink::begin);
}

void ManagerLink::connect() {
    target_ %= targets_.size();
    set_state(State::Connecting);
    const Target& target = targets_[target_];
    if (target.carrier == Carrier::Https) return connect_https(target);
    session_ = std::make_unique<ManagerSession>(services_.loop, services_.clock, *store_, *key_,
                                                guesses_[target_].plan(target, settings_), *this);
    if (const Result<void> started = session_->start(); !started) {
        session_over({SessionEnd::Why::Broken, started.error().text()});
    }
}

void ManagerLink::connect_https(const Target& target) {
    HttpsOptions plan;
    plan.host = target.host;
    plan.port = target.port;
    plan.tls = tls_settings(settings_, services_.state);
    plan.facts = {"5.0.0",          host_.name,  host_.machine, "", host_.product, host_.product_version,
                  host_.product_id, host_.family};
    plan.ask_every = std::min(settings_.notify_time, seconds(10));
    plan.stale_after = stale_after_;
    https_ = std::make_unique<HttpsSession>(services_.loop, services_.clock, *store_, *key_, std::move(plan), *this);
    https_->start();
}

void ManagerLink::session_over(const SessionEnd& end) {
    // The session calls this and must not be destroyed by it.
    boost::asio::post(services_.loop, alive_.guard([this, end] {
        if (!is_stopped_) session_ended(end);
    }));
}

void ManagerLink::session_ended(const SessionEnd& end) {
    const bool was_up = state_ == State::Connected;
    if (const ManagerSession::Facts* ended = session_facts()) {
        earlier_.requests += ended->requests;
        earlier_.received += ended->received;
        earlier_.sent += ended->sent;
    }
    results_.end();
    session_.reset();
    https_.reset();
    const BootTime now = services_.clock.boot_time();
    if (was_up) {
        disconnected_since_ = now;
        reminded_.reset();
    }
    if (end.why != SessionEnd::Why::Dropped) dropped_since_.reset();
    if (guesses_[target_].learn(end)) return connect();
    out_of_reach(State::Waiting, targets_[target_].text() + ": " + end.text);
    if (end.why == SessionEnd::Why::Asked) return wait_then(kAskedPause, &ManagerLink::begin);
    if (key_seems_bad(end)) return enrol();
    const bool is_last = target_ + 1 >= targets_.size();
    if (!was_up) ++target_;
    // The others are asked at once, and after the last there is a pause.
    wait_then(!was_up && !is_last ? milliseconds(0) : next_pause(), &ManagerLink::begin);
}

milliseconds ManagerLink::next_pause() {
    const bool is_long = services_.clock.boot_time() - disconnected_since_ > kGoneForLong;
    return jittered((is_long ? kReconnectAfterLong : kReconnect).pause_after(++failures_));
}

bool ManagerLink::key_seems_bad(const SessionEnd& end) {
    const BootTime now = services_.clock.boot_time();
    if (end.why != SessionEnd::Why::Dropped || !settings_.enrollment.enabled) return false;
    if (!dropped_since_) dropped_since_ = now;
    const bool is_due = !reenrolled_ || now - *reenrolled_ > kBetweenReenrolments;
    if (now - *dropped_since_ < kKeyIsBadAfter || !is_due) return false;
    reenrolled_ = now;
    log().warning("the manager does not take this agent's key: a new one is asked for");
    return true;
}

void ManagerLink::wait_then(milliseconds pause, void (ManagerLink::*next)()) {
    alive_.after(timer_, pause, [this, next] {
        if (!is_stopped_) (this->*next)();
    });
}

void ManagerLink::stop() {
    is_stopped_ = true;
    timer_.cancel();
    if (enrolment_) enrolment_->cancel();
    requests_.stop();
    results_.end();
    if (session_) session_->stop();
    if (https_) https_->stop();
}

// ---- a session ----

void ManagerLink::session_up(ManagerKind kind) {
    kind_ = kind;
    guesses_[target_].settle(kind);
    failures_ = 0;
    enrolment_failures_ = 0;
    dropped_since_.reset();
    problem_.clear();
    set_state(State::Connected);
    const std::string manager = targets_[target_].text();
    const std::string kind_name(manager_kind_name(kind));
    services_.emit({"connected", manager, kind_name, {}});
    log().notice("connected to the manager at " + manager + " (" + kind_name + ") as " + key_->id + " " + key_->name);
    if (session_) results_.begin(*session_);
}

void ManagerLink::continue_reading() {
    if (session_) session_->continue_reading();
    if (https_) https_->continue_reading();
}

AgentReport ManagerLink::facts() {
    AgentReport facts = services_.facts();
    const Target& target = targets_[target_];
    facts.server_address = target.host;
    facts.server_port = target.port;
    facts.protocol = carrier_name(target.carrier);
    facts.crypto_method = settings_.crypto_method;
    facts.notify_time = settings_.notify_time;
    facts.reconnect_time = settings_.time_reconnect;
    if (const ManagerSession::Facts* session = session_facts()) {
        facts.last_ack = session->last_ack;
        facts.last_keepalive = session->last_keepalive;
        facts.messages_received = session->received;
        facts.messages_sent = session->sent;
    }
    return facts;
}

void ManagerLink::do_asked(const RequestAnswer& answer) {
    if (answer.follow_up == RequestAnswer::FollowUp::None) return;
    if (answer.follow_up == RequestAnswer::FollowUp::LockRestart) {
        log().information("the manager wants no restart for " + std::to_string(answer.lock.count()) + " s");
        return;
    }
    // A restart is for what was changed to take effect, and that is what a reload does; what runs goes on.
    log().notice("the manager asks for a restart: the configuration is reloaded");
    boost::asio::post(services_.loop, alive_.guard([this] {
        if (!is_stopped_) services_.reload();
    }));
}

std::string ManagerLink::host_description() {
    if (host_.family == "Windows") {
        return describe_host(WindowsHost{host_.product, host_.product_version, host_.name, host_.machine});
    }
    return describe_host(UnixHost{host_.family, host_.name, host_.release, host_.version, host_.machine, host_.product,
                                  host_.product_id, host_.product_version, host_.codename});
}

void ManagerLink::replay_refused(CounterPair pair) {
    refused("a message with the counters " + counters_text(pair) +
            " was seen before or is older than one that was, and is not carried out. If the manager was set up anew "
            "and counts from the start again, run riposte enroll --forget-counters");
}

void ManagerLink::refused(const std::string& text) {
    ++complaints_;
    const BootTime now = services_.clock.boot_time();
    if (complained_ && now - *complained_ < kBetweenComplaints) return;
    complained_ = now;
    const std::string more = complaints_ > 1 ? " (" + std::to_string(complaints_) + " refused so far)" : "";
    log().warning(targets_[target_].text() + ": " + text + more);
    services_.emit({"refused", targets_[target_].text(), {}, text});
}

// ---- results ----

bool ManagerLink::has_way_back() const {
    return targets_[target_ % targets_.size()].carrier != Carrier::Https;
}

void ManagerLink::report(const Action& action, Verb verb, const Outcome& outcome) {
    if (const auto line = result_line(kind_, action, verb, outcome, services_.clock.wall_time())) {
        keep(kResponsesLocation, *line);
    }
}

void ManagerLink::report(const Event& event) {
    const std::size_t limit = kind_ == ManagerKind::Ossec ? kMaxOssecEventText : kMaxEventText;
    if (const auto line = event_line(event, limit)) keep(kEventsLocation, *line);
}

void ManagerLink::keep(std::string_view location, const std::string& text) {
    if (state_ != State::Connected || has_way_back()) results_.keep(location, text);
}

// ---- status ----

const ManagerSession::Facts* ManagerLink::session_facts() const {
    return session_ ? &session_->facts() : https_ ? &https_->facts() : nullptr;
}

boost::json::object ManagerLink::status() const {
    const Target& target = targets_[target_ % targets_.size()];
    boost::json::object status{{"state", kStateNames[static_cast<std::size_t>(state_)]},
                               {"manager", target.host + " port " + std::to_string(target.port)},
                               {"transport", carrier_name(target.carrier)},
                               {"since_wall_ms", to_ms(state_since_)},
                               {"results_waiting", store_->waiting_events()},
                               {"results_lost", results_.lost()},
                               {"refused", complaints_}};
    if (state_ == State::Connected) status.emplace("kind", manager_kind_name(kind_));
    if (key_) status.emplace("agent", key_->id + " " + key_->name);
    if (!problem_.empty()) status.emplace("problem", problem_);
    ManagerSession::Facts session;
    if (const ManagerSession::Facts* facts = session_facts()) session = *facts;
    status.emplace("last_ack_wall_ms", session.last_ack ? to_ms(*session.last_ack) : 0);
    status.emplace("requests", earlier_.requests + session.requests);
    status.emplace("received", earlier_.received + session.received);
    status.emplace("sent", earlier_.sent + session.sent);
    return status;
}

}  // namespace

Result<std::unique_ptr<Link>> Link::open(Services services, const ManagerSettings& settings, milliseconds stale_after) {
    std::string set_aside;
    Result<std::unique_ptr<LinkStore>> store = LinkStore::open(services.state / "link.db", set_aside);
    if (!store) return store.error();
    if (!set_aside.empty()) log().error("the link's store was damaged: it was moved to " + set_aside);
    if (const Result<void> begun = (*store)->begin(services.clock.wall_time()); !begun) return begun.error();
    return std::unique_ptr<Link>(
        std::make_unique<ManagerLink>(std::move(services), settings, stale_after, std::move(*store)));
}

}  // namespace riposte
