// SPDX-License-Identifier: Apache-2.0
// The methods of ManagerSimulator that inject faults.
#include "tests/manager/cipher.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/parts.h"

namespace riposte::simulator {
namespace {

// Only while there is a TCP connection.
Result<void> on_stream(Agent& agent, const std::function<void(Peer&)>& action) {
    const auto peer = agent.peer;
    if (peer == nullptr || !peer->is_stream()) return failure("agent " + agent.view.key.id + " has no connection");
    action(*peer);
    return {};
}

}  // namespace

Result<void> ManagerSimulator::drop(const std::string& id) {
    return parts_->with_agent(id, [](Agent& agent) { return on_stream(agent, [](Peer& peer) { peer.close(); }); });
}

Result<void> ManagerSimulator::reset(const std::string& id) {
    return parts_->with_agent(id, [](Agent& agent) { return on_stream(agent, [](Peer& peer) { peer.reset(); }); });
}

Result<void> ManagerSimulator::freeze(const std::string& id) {
    return parts_->with_agent(id, [](Agent& agent) -> Result<void> {
        // An agent that is not connected would never be answered again.
        if (agent.peer == nullptr) return failure("agent " + agent.view.key.id + " has no connection");
        if (agent.peer->is_stream()) {
            agent.peer->freeze();
        } else {
            agent.frozen = true;
        }
        return {};
    });
}

Result<void> ManagerSimulator::thaw(const std::string& id) {
    return parts_->with_agent(id, [](Agent& agent) -> Result<void> {
        agent.frozen = false;
        return {};
    });
}

void ManagerSimulator::set_silent(bool silent) {
    parts_->on_loop([&] { parts_->core.faults.silent = silent; });
}

void ManagerSimulator::set_delay(std::chrono::milliseconds delay) {
    parts_->on_loop([&] { parts_->core.faults.delay = delay; });
}

void ManagerSimulator::set_datagram_faults(double drop, double duplicate, double reorder) {
    parts_->on_loop([&] {
        Faults& faults = parts_->core.faults;
        faults.drop = drop;
        faults.duplicate = duplicate;
        faults.reorder = reorder;
    });
}

void ManagerSimulator::stop() {
    parts_->on_loop([this] {
        parts_->stop_listening();
        // Sources of datagrams are forgotten too.
        for (const auto& agent : parts_->core.registry.all()) {
            agent->peer = nullptr;
            agent->pushing = false;
            agent->view.connected = false;
        }
        parts_->core.tell("stopped");
    });
}

Result<void> ManagerSimulator::start_again(bool keep_counter) {
    return parts_->on_loop([&]() -> Result<void> {
        if (!keep_counter) parts_->core.sent = {};
        parts_->core.tell("started again");
        return parts_->listen();
    });
}

Result<void> ManagerSimulator::use_wrong_key(const std::string& id, bool wrong) {
    return parts_->with_agent(id, [&](Agent& agent) -> Result<void> {
        KeyEntry other = agent.view.key;
        other.key = Registry::new_key();
        agent.wrong_keys = wrong ? key_text(other) : std::string();
        return {};
    });
}

Result<void> ManagerSimulator::replay_last(const std::string& id) {
    return parts_->with_agent(id, [&](Agent& agent) -> Result<void> {
        if (agent.last_block.empty()) return failure("nothing has been sent to agent " + id);
        return parts_->sender.send_block(agent, std::string(agent.last_block));
    });
}

Result<void> ManagerSimulator::send_block(const std::string& id, const std::string& block) {
    return parts_->with_agent(id, [&](Agent& agent) { return parts_->sender.send_block(agent, block); });
}

Result<void> ManagerSimulator::send_bytes(const std::string& id, const std::string& bytes) {
    return parts_->with_agent(
        id, [&](Agent& agent) { return on_stream(agent, [&](Peer& peer) { peer.write_unframed(bytes); }); });
}

Result<std::string> ManagerSimulator::seal(const std::string& id, std::string_view payload) {
    return parts_->on_loop([&]() -> Result<std::string> {
        Agent* agent = parts_->core.registry.find(id);
        if (agent == nullptr) return failure("agent " + id + " is unknown");
        return parts_->sender.seal(*agent, payload);
    });
}

Result<void> ManagerSimulator::send_oversized_frame(const std::string& id) {
    constexpr std::string_view kTooLong("\x01\x00\x01\x00", 4);  // 65537
    return send_bytes(id, std::string(kTooLong) + std::string(kLargestBlock, 'x'));
}

Result<void> ManagerSimulator::send_bomb(const std::string& id, std::size_t inflated) {
    const auto block = seal(id, std::string(inflated, 'A'));
    if (!block) return block.error();
    if (block->size() > kLargestBlock) return failure("the bomb is too large for a frame");
    return send_block(id, *block);
}

Result<void> ManagerSimulator::push_file(const std::string& id, const std::string& name, const std::string& content,
                                         const std::string& sum) {
    return parts_->with_agent(id, [&](Agent& agent) {
        return parts_->files.push(agent, name, sum.empty() ? md5_hex(content) : sum, content);
    });
}

Result<void> ManagerSimulator::push_endless(const std::string& id) {
    return parts_->with_agent(id, [&](Agent& agent) { return parts_->files.push_endless(agent); });
}

void ManagerSimulator::stop_endless() {
    parts_->on_loop([this] { parts_->files.stop_endless(); });
}

void ManagerSimulator::set_https_unavailable(std::uint64_t requests) {
    parts_->on_loop([&] { parts_->core.https.unavailable = requests; });
}

void ManagerSimulator::lose_https_answers(std::uint64_t answers) {
    parts_->on_loop([&] { parts_->core.https.lose_answers = answers; });
}

void ManagerSimulator::set_clock_offset(std::chrono::seconds offset) {
    parts_->on_loop([&] { parts_->core.options.clock_offset = offset; });
}

}  // namespace riposte::simulator
