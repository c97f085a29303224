// SPDX-License-Identifier: Apache-2.0
// One connection to a classic manager, from connecting to its end: startup, keepalives, what the manager sends, and the
// results that go back. Loop thread.
// Sources: wazuh v4.14.7 src/client-agent/start_agent.c, receiver.c, notify.c, request.c, src/remoted/manager.c;
// ossec-hids src/client-agent; the manager's side of each fact is in src/remoted.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/alive.h"
#include "src/link/agent_key.h"
#include "src/link/answers.h"
#include "src/link/block.h"
#include "src/link/manager_kind.h"
#include "src/link/merged.h"
#include "src/link/messages.h"
#include "src/link/store.h"
#include "src/link/transport.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// How one connection is made.
struct SessionOptions {
    std::string host;
    std::uint16_t port = 1514;
    bool udp = false;
    ManagerKind kind = ManagerKind::Wazuh4;
    bool find_out = false;  // ask first whether a Wazuh manager is there; one that is silent is taken for OSSEC
    Cipher cipher = Cipher::AesWazuh;
    std::string version;  // to claim: "v4.3.0"
    std::chrono::seconds keepalive_every{20};
    std::chrono::seconds silence_limit{60};
};

// Why a session is over.
struct SessionEnd {
    enum class Why {
        Unreachable,  // never connected
        Silent,       // connected, and no answer to the startup
        Dropped,      // closed by the manager before the first answer: unknown here, or connected already
        Refused,      // the manager said why
        Lost,         // it was up, and the connection broke or fell silent
        Asked,        // the manager asked for a new connection
        NoWazuh,      // find_out: nobody answered; not a Wazuh manager
        Broken,       // this side cannot go on: no cipher, no counters
    };
    Why why = Why::Lost;
    std::string text;
};

class ManagerSession {
  public:
    // Whose session it is. All calls may end the session but do not destroy it.
    class Owner {
      public:
        virtual ~Owner() = default;
        virtual void session_up(ManagerKind kind) = 0;
        virtual void session_over(const SessionEnd& end) = 0;
        // An active response, to be numbered before it is kept in the store.
        virtual KeptRequest number_request(std::string_view body) = 0;
        // It is in the store, and the owner's from here on. False: there is no room for more; the session reads nothing
        // until continue_reading().
        virtual bool take_request(KeptRequest request) = 0;
        virtual void take_ar_conf(const std::string& text) = 0;
        virtual AgentReport facts() = 0;
        virtual void do_asked(const RequestAnswer& answer) = 0;
        // The host's description for keepalives, made by describe_host().
        virtual std::string host_description() = 0;
        // MD5 of the merged.mg that was received last, which outlives a session.
        virtual std::string& merged_md5() = 0;
        // Results up to this one have reached the manager.
        virtual void delivered(std::int64_t event_id) = 0;
        virtual void replay_refused(CounterPair pair) = 0;
        // A message that was refused, for the log, which bounds how often it says so.
        virtual void refused(const std::string& text) = 0;
    };

    ManagerSession(boost::asio::io_context& loop, const Clock& clock, LinkStore& store, const AgentKey& key,
                   SessionOptions plan, Owner& owner);
    ~ManagerSession();
    ManagerSession(const ManagerSession&) = delete;
    ManagerSession& operator=(const ManagerSession&) = delete;

    // An Error if it cannot even begin; then there is no session_over().
    Result<void> start();
    // Says goodbye if the manager knows that, and ends without session_over().
    void stop();

    bool is_up() const { return phase_ == Phase::Up; }
    // Sends a result. False: not now, a later one when more has gone out.
    bool send_event(const OutgoingEvent& event);
    void continue_reading();
    const std::string& manager() const { return manager_; }

    struct Facts {
        std::optional<WallTime> last_ack, last_keepalive;
        std::uint64_t received = 0, sent = 0, requests = 0;
        std::string remote_address;
    };
    const Facts& facts() const { return facts_; }
    const SessionOptions& plan() const { return plan_; }

  private:
    enum class Phase { Connecting, Asking, Starting, Up, Over };
    struct PendingAnswer {
        std::string text;
        int tries = 0;
    };

    void connected();
    void begin_startup();
    void ask_who_is_there();
    void patience_over();
    void take_block(std::string_view block);
    void take_message(const FromManager& message);
    void take_request(KeptRequest request);
    void take_ack();
    void take_refusal(std::string_view body);
    void answer(const FromManager& message);
    void repeat_answers();
    void start_file(const FromManager& message);
    void end_file();
    void send(std::string_view payload);
    void send_keepalive();
    void wait_for_next_keepalive();
    void check_silence();
    void end(SessionEnd::Why why, std::string text);
    std::size_t max_payload() const;

    boost::asio::io_context& loop_;
    const Clock& clock_;
    LinkStore& store_;
    const AgentKey key_;
    Secret cipher_key_;
    SessionOptions plan_;
    const std::string manager_;
    bool is_paused_ = false;
    Owner& owner_;
    std::shared_ptr<Transport> transport_;
    boost::asio::steady_timer patience_, keepalive_timer_, answer_timer_;
    Phase phase_ = Phase::Connecting;
    int startups_ = 0;
    ReplayCheck replays_;
    PushedFile pushed_;
    std::deque<std::int64_t> unconfirmed_;  // the last result sent before each keepalive that has no answer yet
    std::int64_t last_event_ = 0;
    std::map<std::string, PendingAnswer> answers_;  // UDP: by counter, those that the manager has not confirmed
    std::deque<std::string> answered_;              // UDP: counters of late, so that none is done twice
    BootTime last_heard_;
    Facts facts_;
    Alive alive_;
};

}  // namespace riposte
