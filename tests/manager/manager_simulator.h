// SPDX-License-Identifier: Apache-2.0
// A manager of Wazuh 4, Wazuh 5 or OSSEC on loopback, as an agent sees it: enrolment, the session over TCP and UDP, and
// what it sends. Written from the protocol alone, so that the agent's code and this one check each other.
//
// It has a thread of its own. Every method may be called from any thread, the listener's included, and returns when it
// is done; "send" means that the message has been handed to the system's socket or its queue, nothing about its
// arrival.
#pragma once

#include "platform/include/result.h"
#include "tests/manager/types.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::simulator {

class ManagerSimulator {
  public:
    // Listening when it returns. An error: a port is taken, a certificate cannot be read.
    static Result<std::unique_ptr<ManagerSimulator>> start(Options options);
    ~ManagerSimulator();
    ManagerSimulator(const ManagerSimulator&) = delete;
    ManagerSimulator& operator=(const ManagerSimulator&) = delete;

    // 0: not listening there.
    std::uint16_t port() const;
    std::uint16_t enrolment_port() const;

    // ---- agents ----

    // As by hand on the manager: id and key are made up if they are empty. An agent of the same id is replaced.
    KeyEntry add_agent(KeyEntry entry);
    // Its messages are those of an unknown agent from now on; a connection it has is closed with its next message.
    void remove_agent(const std::string& id);
    std::optional<AgentView> agent(const std::string& id) const;
    std::vector<AgentView> agents() const;
    std::vector<Event> events(std::size_t first = 0) const;
    std::vector<Enrolment> enrolments() const;
    Counts counts() const;

    // Waits for `condition` on what is known of that agent, as tests/support/wait.h does.
    bool wait_for_agent(const std::string& id, const std::function<bool(const AgentView&)>& condition,
                        std::chrono::milliseconds limit = std::chrono::seconds(30)) const;

    // ---- what a manager sends ----

    // An active response: "#!-execd BODY". An error if the agent is unknown, not connected, or the body is too long:
    // then it is lost.
    Result<void> send_execd(const std::string& id, std::string_view body);
    // To all that are connected; how many.
    std::size_t send_execd_to_all(std::string_view body);
    // Any message, such as "#!-force_reconnect".
    Result<void> send_payload(const std::string& id, std::string_view payload);
    Result<void> force_reconnect(const std::string& id) { return send_payload(id, "#!-force_reconnect"); }
    // "#!-req" with the target and its command, such as "com getconfig active-response". Waits for the answer; never
    // call it from the listener.
    Result<std::string> request(const std::string& id, const std::string& text,
                                std::chrono::milliseconds limit = std::chrono::seconds(60));
    // The same without waiting; called on the simulator's thread.
    void request(const std::string& id, const std::string& text, std::chrono::milliseconds limit,
                 std::function<void(Result<std::string>)> answered);
    // merged.mg now, whatever sum the agent has. After a keepalive with another sum it goes out by itself.
    Result<void> push_merged(const std::string& id);
    // What ar.conf holds from now on; agents get it after their next keepalive.
    void set_ar_conf(std::vector<std::string> lines);
    // merged.mg as it is now.
    std::string merged() const;

  private:
    struct Parts;
    explicit ManagerSimulator(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace riposte::simulator
