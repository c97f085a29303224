// SPDX-License-Identifier: Apache-2.0
#include "src/link/session.h"

#include "src/link/random.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// For the answer to a startup. Over UDP it is repeated in growing steps, since either may get lost.
constexpr seconds kStartupPatience{20};
constexpr milliseconds kFirstStartupRepeat{1000};
constexpr int kMaxStartups = 5;
constexpr milliseconds kPingPatience{2000};
constexpr milliseconds kAnswerRepeat{1000};
constexpr int kMaxAnswerTries = 10;
constexpr std::size_t kRememberedAnswers = 64;
// Of an agent's own text, OSSEC's manager takes what fits its buffers.
constexpr std::size_t kMaxOssecEventBytes = 5'800;
constexpr std::size_t kMaxWazuhEventBytes = 65'000;
// Results go out as long as no more than this waits before them: answers and keepalives are not to queue behind them.
constexpr std::size_t kMaxWaitingForEvents = 262'144;

}  // namespace

ManagerSession::ManagerSession(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, const AgentKey& key,
                               SessionOptions plan, Owner& owner)
    : loop_(loop),
      clock_(clock),
      store_(store),
      key_(key),
      plan_(std::move(plan)),
      manager_(plan_.host + " port " + std::to_string(plan_.port)),
      owner_(owner),
      patience_(loop),
      keepalive_timer_(loop),
      answer_timer_(loop) {}

ManagerSession::~ManagerSession() {
    if (transport_) transport_->close();
}

// ---- start and end ----

Result<void> ManagerSession::start() {
    if (const Result<void> usable = check_cipher(plan_.cipher); !usable) return usable.error();
    Result<Secret> derived = derive_cipher_key(key_);
    if (!derived) return derived.error();
    cipher_key_ = std::move(*derived);
    const Result<ReplayCheck> received = store_.received(manager_);
    if (!received) return received.error();
    replays_ = *received;
    const Transport::Handlers handlers{[this] { connected(); }, [this](std::string_view block) { take_block(block); },
                                       [this](const Error& why) {
                                           const bool is_new = phase_ == Phase::Connecting;
                                           const bool was_up = phase_ == Phase::Up;
                                           end(is_new   ? SessionEnd::Why::Unreachable
                                               : was_up ? SessionEnd::Why::Lost
                                                        : SessionEnd::Why::Dropped,
                                               why.text());
                                       }};
    transport_ = plan_.udp ? Transport::udp(loop_, plan_.host, plan_.port, handlers)
                           : Transport::tcp(loop_, plan_.host, plan_.port, handlers);
    return {};
}

void ManagerSession::stop() {
    if (phase_ == Phase::Up) {
        if (const auto goodbye = shutdown_message(plan_.kind)) send(*goodbye);
    }
    phase_ = Phase::Over;
    patience_.cancel();
    keepalive_timer_.cancel();
    answer_timer_.cancel();
    if (transport_) transport_->close();
}

void ManagerSession::end(SessionEnd::Why why, std::string text) {
    if (phase_ == Phase::Over) return;
    phase_ = Phase::Over;
    stop();
    owner_.session_over({why, std::move(text)});
}

void ManagerSession::connected() {
    facts_.remote_address = transport_->remote_address();
    last_heard_ = clock_.boot_time();
    if (plan_.find_out) {
        ask_who_is_there();
    } else {
        begin_startup();
    }
}

void ManagerSession::ask_who_is_there() {
    phase_ = Phase::Asking;
    transport_->send(std::string(kPing));
    alive_.after(patience_, kPingPatience, [this] { end(SessionEnd::Why::NoWazuh, "nobody answers a ping"); });
}

void ManagerSession::begin_startup() {
    phase_ = Phase::Starting;
    ++startups_;
    send(startup_message(plan_.kind, plan_.version));
    if (phase_ != Phase::Starting) return;
    alive_.after(patience_, plan_.udp ? kFirstStartupRepeat * startups_ : milliseconds(kStartupPatience),
                 [this] { patience_over(); });
}

void ManagerSession::patience_over() {
    if (plan_.udp && startups_ < kMaxStartups) return begin_startup();
    end(SessionEnd::Why::Silent, plan_.udp ? "no answer: the manager does not know this agent's key, speaks another "
                                             "crypto_method, or is not there"
                                           : "no answer to the startup message");
}

// ---- sending ----

std::size_t ManagerSession::max_payload() const {
    return plan_.kind == ManagerKind::Ossec ? kMaxOssecPayloadBytes : kMaxPayloadBytes;
}

void ManagerSession::send(std::string_view payload) {
    const Result<CounterPair> counters = store_.take();
    if (!counters) return end(SessionEnd::Why::Broken, counters.error().text());
    Sealing sealing;
    sealing.cipher = plan_.cipher;
    sealing.counters = *counters;
    sealing.random = random_number();
    if (plan_.cipher == Cipher::AesOssec) sealing.iv = random_iv();
    const Result<std::string> block = seal_block(cipher_key_, key_.id, payload.substr(0, max_payload()), sealing);
    if (!block) return end(SessionEnd::Why::Broken, block.error().text());
    ++facts_.sent;
    transport_->send(*block);
}

void ManagerSession::send_keepalive() {
    Keepalive keepalive;
    keepalive.host = owner_.host_description();
    keepalive.version = plan_.version;
    keepalive.merged_md5 = owner_.merged_md5();
    keepalive.agent_ip = transport_->local_address();
    keepalive.noise = random_letters();
    facts_.last_keepalive = clock_.wall_time();
    // A datagram's answer may be lost: only the newest keepalive's counts then.
    if (plan_.udp) unconfirmed_.clear();
    unconfirmed_.push_back(last_event_);
    send(keepalive_message(plan_.kind, keepalive));
}

void ManagerSession::wait_for_next_keepalive() {
    // Not longer than silence is borne: an answer that is missing is noticed by then.
    alive_.after(keepalive_timer_, std::min(plan_.keepalive_every, plan_.silence_limit), [this] {
        check_silence();
        if (phase_ != Phase::Up) return;
        send_keepalive();
        if (phase_ == Phase::Up) wait_for_next_keepalive();
    });
}

void ManagerSession::check_silence() {
    // A paused session reads nothing, so its silence says nothing about the manager.
    if (is_paused_) return;
    const auto silent = std::chrono::floor<std::chrono::seconds>(clock_.boot_time() - last_heard_);
    if (silent < plan_.silence_limit) return;
    end(SessionEnd::Why::Lost, "nothing was heard for " + std::to_string(silent.count()) + " s");
}

bool ManagerSession::send_event(const OutgoingEvent& event) {
    if (phase_ != Phase::Up || transport_->waiting_bytes() > kMaxWaitingForEvents) return false;
    const std::size_t limit = plan_.kind == ManagerKind::Ossec ? kMaxOssecEventBytes : kMaxWazuhEventBytes;
    last_event_ = event.id;
    send(event_message('1', event.location, event.text, limit));
    return true;
}

// ---- receiving ----

void ManagerSession::take_block(std::string_view block) {
    if (phase_ == Phase::Asking) {
        if (block != kPong) return;
        patience_.cancel();
        plan_.find_out = false;
        return begin_startup();
    }
    if (block == kPong) return;
    const auto opened = open_block(cipher_key_, block, plan_.cipher);
    if (!opened) {
        return owner_.refused("a message of " + std::to_string(block.size()) +
                              " bytes cannot be read: " + std::string(block_refusal_text(opened.error())));
    }
    if (!replays_.accept(opened->counters)) return owner_.replay_refused(opened->counters);
    const FromManager message = classify(opened->payload);
    std::optional<KeptRequest> request;
    if (message.kind == FromManager::Kind::Execute) request = owner_.number_request(message.body);
    // Before anything is done: after a crash it is neither done again nor forgotten.
    const Result<void> noted = store_.remember_received(manager_, replays_, request ? &*request : nullptr);
    if (!noted) return end(SessionEnd::Why::Broken, noted.error().text());
    ++facts_.received;
    last_heard_ = clock_.boot_time();
    if (request) {
        take_request(std::move(*request));
    } else {
        take_message(message);
    }
}

void ManagerSession::take_request(KeptRequest request) {
    ++facts_.requests;
    is_paused_ = !owner_.take_request(std::move(request));
    if (is_paused_ && phase_ != Phase::Over) transport_->pause();
}

void ManagerSession::take_message(const FromManager& message) {
    switch (message.kind) {
        case FromManager::Kind::Ack:
            return take_ack();
        case FromManager::Kind::Refusal:
            return take_refusal(message.body);
        case FromManager::Kind::Execute:
            return;  // taken before
        case FromManager::Kind::Request:
            return answer(message);
        case FromManager::Kind::RequestAck:
            answers_.erase(std::string(message.counter));
            return;
        case FromManager::Kind::FileStart:
            return start_file(message);
        case FromManager::Kind::FileChunk:
            if (const Result<void> added = pushed_.add(message.body); !added) owner_.refused(added.error().text());
            return;
        case FromManager::Kind::FileEnd:
            return end_file();
        case FromManager::Kind::ForceReconnect:
            return end(SessionEnd::Why::Asked, "the manager asked for a new connection");
        case FromManager::Kind::Ignored:
            return;
        case FromManager::Kind::Unknown:
            return owner_.refused("a control message of no known kind");
        case FromManager::Kind::Malformed:
            return owner_.refused("a control message is malformed: " + std::string(message.problem));
    }
}

void ManagerSession::take_ack() {
    facts_.last_ack = clock_.wall_time();
    if (phase_ == Phase::Starting) {
        phase_ = Phase::Up;
        patience_.cancel();
        send(agent_started_event(plan_.kind, key_));
        // At once: the manager learns from it what form of responses this agent reads.
        if (phase_ == Phase::Up) send_keepalive();
        if (phase_ == Phase::Up) wait_for_next_keepalive();
        if (phase_ == Phase::Up) owner_.session_up(plan_.kind);
        return;
    }
    if (phase_ != Phase::Up || unconfirmed_.empty()) return;
    const std::int64_t through = unconfirmed_.front();
    unconfirmed_.pop_front();
    if (through > 0) owner_.delivered(through);
}

void ManagerSession::take_refusal(std::string_view body) {
    constexpr std::size_t kMaxTold = 300;
    const std::string text(body.substr(0, kMaxTold));
    if (phase_ == Phase::Starting) return end(SessionEnd::Why::Refused, text);
    owner_.refused("the manager reports an error: " + text);
}

void ManagerSession::continue_reading() {
    if (phase_ == Phase::Over || !std::exchange(is_paused_, false)) return;
    last_heard_ = clock_.boot_time();
    transport_->resume();
}

// ---- questions ----

void ManagerSession::answer(const FromManager& message) {
    const std::string counter(message.counter);
    if (plan_.udp) {
        send(answer_ack_message(counter));
        if (phase_ == Phase::Over) return;
        // A repetition: the answer, if it was not confirmed, is on its way again.
        if (std::find(answered_.begin(), answered_.end(), counter) != answered_.end()) return;
        answered_.push_back(counter);
        if (answered_.size() > kRememberedAnswers) answered_.pop_front();
    }
    const RequestAnswer given = answer_request(message.target, message.body, owner_.facts());
    const std::string text = answer_message(counter, given.text);
    send(text);
    if (phase_ == Phase::Over) return;
    if (plan_.udp && answers_.size() < kRememberedAnswers) {
        answers_[counter] = {text, 1};
        if (answers_.size() == 1) repeat_answers();
    }
    if (given.follow_up != RequestAnswer::FollowUp::None) owner_.do_asked(given);
}

void ManagerSession::repeat_answers() {
    alive_.after(answer_timer_, kAnswerRepeat, [this] {
        std::erase_if(answers_, [](const auto& entry) { return entry.second.tries >= kMaxAnswerTries; });
        for (auto& [counter, pending] : answers_) {
            ++pending.tries;
            send(pending.text);
            if (phase_ == Phase::Over) return;
        }
        if (!answers_.empty()) repeat_answers();
    });
}

// ---- files ----

void ManagerSession::start_file(const FromManager& message) {
    if (const Result<void> started = pushed_.start(message.md5, message.name); !started) {
        owner_.refused(started.error().text());
    }
}

void ManagerSession::end_file() {
    Result<PushedFile::Received> received = pushed_.finish();
    if (!received) return owner_.refused(received.error().text());
    for (const std::string& refusal : received->content.refusals) owner_.refused(refusal);
    owner_.merged_md5() = received->md5;
    if (received->content.ar_conf) owner_.take_ar_conf(*received->content.ar_conf);
    // The manager sends the file again with each keepalive until it is told that it is here.
    if (phase_ == Phase::Up) send_keepalive();
}

}  // namespace riposte
