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
    std::uint16_t https_port() const;

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
                        std::chrono::milliseconds limit = std::chrono::seconds(120)) const;

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
    // Replaces the lines of ar.conf. Agents get the new file after their next keepalive.
    void set_ar_conf(std::vector<std::string> lines);
    // merged.mg as it is now.
    std::string merged() const;

    // Over HTTPS: handed out once, with the agent's next notify, whether it is connected now or not. The task's id.
    Result<std::string> queue_task(const std::string& id, Task task);

    // ---- what goes wrong, for tests ----

    // The agent's connection: closed, reset, or kept open and neither read nor written any more. Over UDP a frozen
    // agent is not heard and not answered until thaw().
    Result<void> drop(const std::string& id);
    Result<void> reset(const std::string& id);
    Result<void> freeze(const std::string& id);
    Result<void> thaw(const std::string& id);
    // Everything is taken and nothing sent; the session only.
    void set_silent(bool silent);
    // Of everything the session sends from now on; the order stays.
    void set_delay(std::chrono::milliseconds delay);
    // Probabilities for each datagram, in either direction.
    void set_datagram_faults(double drop, double duplicate, double reorder);
    // Stops listening and closes all connections; agents and events stay.
    void stop();
    // Listens again on the same ports. The counter goes on, or starts at 0 as after a new installation.
    Result<void> start_again(bool keep_counter = true);
    // True: messages to the agent are sealed with another key than its own from now on. False: with its own again.
    Result<void> use_wrong_key(const std::string& id, bool wrong);
    // The last message to the agent once more, as it was.
    Result<void> replay_last(const std::string& id);
    // A block of any content (over TCP in a frame), or bytes on the TCP stream as they are.
    Result<void> send_block(const std::string& id, const std::string& block);
    Result<void> send_bytes(const std::string& id, const std::string& bytes);
    // A sealed message as send_payload() would send it, for whoever wants to reorder or spoil it; counts as sent.
    Result<std::string> seal(const std::string& id, std::string_view payload);
    // A frame that claims to be longer than any may be.
    Result<void> send_oversized_frame(const std::string& id);
    // A valid block that inflates to so many bytes; 60,000,000 fit.
    Result<void> send_bomb(const std::string& id, std::size_t inflated);
    // A file of any name and content; with its right sum unless one is given.
    Result<void> push_file(const std::string& id, const std::string& name, const std::string& content,
                           const std::string& sum = {});
    // Chunks without an end.
    Result<void> push_endless(const std::string& id);
    void stop_endless();
    // The next so many requests over HTTPS: answered with 503, or done without an answer.
    void set_https_unavailable(std::uint64_t requests);
    void lose_https_answers(std::uint64_t answers);
    // This manager's clock, which the signatures and Date of HTTPS follow.
    void set_clock_offset(std::chrono::seconds offset);

  private:
    struct Parts;
    explicit ManagerSimulator(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace riposte::simulator
