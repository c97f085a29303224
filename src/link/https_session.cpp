// SPDX-License-Identifier: Apache-2.0
#include "src/link/https_session.h"

#include "src/backoff.h"
#include "src/link/random.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace riposte {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kUnauthorized = 401;
constexpr int kOk = 200;
constexpr int kBusy = 503;
constexpr Backoff kRetries{seconds(1), seconds(60)};

// The document's own time; nothing if it has none.
std::optional<WallTime> timestamp_of(const std::string& document) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(document, error);
    const boost::json::object* object = error ? nullptr : value.if_object();
    const boost::json::value* text = object == nullptr ? nullptr : object->if_contains("@timestamp");
    if (text == nullptr || !text->is_string()) return std::nullopt;
    Poco::DateTime time;
    int zone_s = 0;
    const std::string said(text->get_string());
    if (!Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, said, time, zone_s)) {
        return std::nullopt;
    }
    time.makeUTC(zone_s);
    return wall_time_of(time.timestamp().epochMicroseconds() / 1000);
}

}  // namespace

HttpsSession::HttpsSession(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, const AgentKey& key,
                           HttpsOptions plan, ManagerSession::Owner& owner)
    : clock_(clock),
      store_(store),
      key_(key),
      plan_(std::move(plan)),
      owner_(owner),
      client_(HttpsClient::make(loop, plan_.host, plan_.port, plan_.tls)),
      timer_(loop) {}

HttpsSession::~HttpsSession() {
    // A goodbye may be on its way.
    if (!is_over_) client_->close();
}

void HttpsSession::start() {
    say_startup();
}

void HttpsSession::stop() {
    const bool says_goodbye = std::exchange(is_up_, false) && !is_over_;
    is_over_ = true;
    timer_.cancel();
    client_->close();
    if (!says_goodbye) return;
    const std::string body = control_shutdown_body();
    const Result<std::string> signature = authorization(key_, {"POST", "/control", body, to_ms(manager_time()) / 1000});
    if (!signature) return;
    // It lives until the manager has answered, or its patience is over.
    client_->post({"/control", *signature, body}, [client = client_](const Result<HttpsClient::Response>&) {});
}

void HttpsSession::end(SessionEnd::Why why, std::string text) {
    if (std::exchange(is_over_, true)) return;
    is_up_ = false;
    timer_.cancel();
    client_->close();
    owner_.session_over({why, std::move(text)});
}

WallTime HttpsSession::manager_time() const {
    return clock_.wall_time() + clock_offset_;
}

// ---- requests ----

void HttpsSession::post(std::string body, Then then, int tries, bool may_correct) {
    const Result<std::string> signature = authorization(key_, {"POST", "/control", body, to_ms(manager_time()) / 1000});
    if (!signature) return end(SessionEnd::Why::Broken, signature.error().text());
    ++facts_.sent;
    auto on_answer = alive_.guard([this, body, then = std::move(then), tries,
                                   may_correct](Result<HttpsClient::Response> got) mutable {
        if (is_over_) return;
        if (!got) return try_later(std::move(body), std::move(then), tries, got.error().text());
        facts_.remote_address = plan_.host;
        const auto date = got->status == kUnauthorized ? parse_http_date(got->date) : std::nullopt;
        if (date && may_correct) {
            // It may only be that the clocks differ: once more by the manager's.
            clock_offset_ = seconds(*date - to_ms(clock_.wall_time()) / 1000);
            return post(std::move(body), std::move(then), tries, false);
        }
        if (got->status == kBusy) {
            return try_later(std::move(body), std::move(then), tries, describe_https_failure(got->status, got->body));
        }
        then(std::move(*got));
    });
    client_->post({"/control", *signature, std::move(body)}, std::move(on_answer));
}

void HttpsSession::try_later(std::string body, Then then, int tries, const std::string& problem) {
    if (tries >= kTries) return end(is_up_ ? SessionEnd::Why::Lost : SessionEnd::Why::Unreachable, problem);
    // Twice as long each time, and not in step with all the others that the manager has left.
    alive_.after(timer_, jittered(kRetries.pause_after(tries)),
                 [this, body = std::move(body), then = std::move(then), tries]() mutable {
                     post(std::move(body), std::move(then), tries + 1);
                 });
}

void HttpsSession::say_startup() {
    post(control_startup_body(plan_.facts.version), [this](const HttpsClient::Response& response) {
        if (response.status == kUnauthorized) {
            return end(SessionEnd::Why::Dropped, describe_https_failure(response.status, response.body));
        }
        if (response.status != kOk) {
            return end(SessionEnd::Why::Refused, describe_https_failure(response.status, response.body));
        }
        is_up_ = true;
        facts_.last_ack = clock_.wall_time();
        owner_.session_up(ManagerKind::Wazuh5);
        if (!is_over_) ask();
    });
}

void HttpsSession::ask() {
    HostNotice facts = plan_.facts;
    facts.ip = client_->local_address();
    facts_.last_keepalive = clock_.wall_time();
    post(control_notify_body(facts), [this](const HttpsClient::Response& response) { take(response); });
}

void HttpsSession::ask_later() {
    alive_.after(timer_, plan_.ask_every, [this] { ask(); });
}

// ---- tasks ----

void HttpsSession::take(const HttpsClient::Response& response) {
    if (response.status != kOk) {
        const auto why = response.status == kUnauthorized ? SessionEnd::Why::Dropped : SessionEnd::Why::Lost;
        return end(why, describe_https_failure(response.status, response.body));
    }
    facts_.last_ack = clock_.wall_time();
    ++facts_.received;
    Result<ControlAnswer> answer = read_control_answer(response.body);
    if (!answer) {
        owner_.refused(answer.error().text());
        return ask_later();
    }
    for (const std::string& refusal : answer->refusals) owner_.refused(refusal);
    // Responses first: what asks for a restart shall not overtake them.
    std::stable_partition(answer->tasks.begin(), answer->tasks.end(),
                          [](const Task& task) { return task.type == Task::Type::ActiveResponse; });
    for (const Task& task : answer->tasks) {
        take_task(task);
        if (is_over_) return;
    }
    if (!is_paused_) ask_later();
}

void HttpsSession::take_task(const Task& task) {
    std::optional<KeptRequest> request;
    if (task.type == Task::Type::ActiveResponse && !is_stale(task)) request = owner_.number_request(task.payload);
    const Result<bool> is_new = store_.take_task(task.id, request ? &*request : nullptr);
    if (!is_new) return end(SessionEnd::Why::Broken, is_new.error().text());
    if (!*is_new) return owner_.refused("the task " + task.id + " was taken before");
    switch (task.type) {
        case Task::Type::ActiveResponse:
            if (!request) {
                return owner_.refused("the task " + task.id + " is older than <stale_after>: it is not run");
            }
            ++facts_.requests;
            is_paused_ = !owner_.take_request(std::move(*request));
            return;
        case Task::Type::Restart:
        case Task::Type::Reload: {
            RequestAnswer asked;
            asked.follow_up =
                task.type == Task::Type::Restart ? RequestAnswer::FollowUp::Restart : RequestAnswer::FollowUp::Reload;
            return owner_.do_asked(asked);
        }
        case Task::Type::Upgrade:
        case Task::Type::Unknown:
            return owner_.refused("a task of the type " + task.type_name + " is not for this agent");
    }
}

bool HttpsSession::is_stale(const Task& task) const {
    const auto sent = timestamp_of(task.payload);
    return sent && manager_time() - *sent > plan_.stale_after;
}

void HttpsSession::continue_reading() {
    if (!is_over_ && std::exchange(is_paused_, false)) ask();
}

}  // namespace riposte
